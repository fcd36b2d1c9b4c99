# autocomplete, text for PowerShell, version @@MARK@@. Written by `autocomplete init powershell`.
#
# UNTRIED: written after the documentation of PSReadLine and never run by its authors. It needs PowerShell 7 and a
# server of autocomplete on the same system (Linux, macOS, or within WSL). Alt-J puts the first candidate in.

$env:AUTOCOMPLETE_INIT_POWERSHELL = '@@MARK@@'

function Get-AutocompleteCandidate([string] $Text) {
    if ($env:AUTOCOMPLETE_PRIVATE -or -not $Text -or $Text -match '^\s' -or $Text -match '[\x00-\x1f]') { return }
    $OutputEncoding = [System.Text.UTF8Encoding]::new($false)
    $lines = $Text | & @@PYTHON@@ -I -S @@CLIENT@@ @@SOCKET@@ s @@MODEL@@ @@COMMAND@@
    $first = @($lines)[0]
    if ($first -and -not $first.StartsWith('!')) { $first }
}

if (@@KEYS@@ -and (Get-Module PSReadLine)) {
    Set-PSReadLineKeyHandler -Chord Alt+j -BriefDescription Autocomplete -ScriptBlock {
        $line = $null
        $cursor = $null
        [Microsoft.PowerShell.PSConsoleReadLine]::GetBufferState([ref] $line, [ref] $cursor)
        $candidate = Get-AutocompleteCandidate $line.Substring(0, $cursor)
        if ($candidate) {
            $replace, $insert = $candidate -split "`t", 2
            [Microsoft.PowerShell.PSConsoleReadLine]::Replace($cursor - [int] $replace, [int] $replace, $insert)
        }
    }
}
