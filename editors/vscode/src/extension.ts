/** The client of `autocomplete lsp` in VS Code: starts it, and lets a person forget words, pause and switch models. */

import { commands, type ExtensionContext, window, workspace } from 'vscode';
import { LanguageClient } from 'vscode-languageclient/node';

import { seconds, serverRun, words } from './settings';

let client: LanguageClient | undefined;

export async function activate(context: ExtensionContext): Promise<void> {
  context.subscriptions.push(
    commands.registerCommand('autocomplete.forgetWord', forgetWord),
    commands.registerCommand('autocomplete.beQuiet', beQuiet),
    commands.registerCommand('autocomplete.goOn', () => send('autocomplete.pause', 0)),
    commands.registerCommand('autocomplete.switchModel', switchModel),
    workspace.onDidChangeConfiguration(async (event) => {
      if (event.affectsConfiguration('autocomplete')) {
        await stop();
        await start();
      }
    }),
  );
  await start();
}

export async function deactivate(): Promise<void> {
  await stop();
}

/** Every document is told of: which are answered, the server decides, by the routes of its configuration file. */
async function start(): Promise<void> {
  const given = workspace.getConfiguration('autocomplete');
  const run = serverRun({
    command: given.get('command', 'autocomplete'),
    model: given.get('model', ''),
    learn: given.get('learn', false),
  });
  client = new LanguageClient('autocomplete', 'autocomplete', run, {
    documentSelector: [{ scheme: 'file' }, { scheme: 'untitled' }, { scheme: 'vscode-scm' }],
  });
  try {
    await client.start();
  } catch (error) {
    client = undefined;
    const why = error instanceof Error ? error.message : String(error);
    void window.showWarningMessage(`autocomplete does not run (${why}). Install it: pip install "autocomplete-lm[lsp]"`);
  }
}

async function stop(): Promise<void> {
  const running = client;
  client = undefined;
  await running?.stop();
}

async function send(command: string, ...given: unknown[]): Promise<void> {
  try {
    await client?.sendRequest('workspace/executeCommand', { command, arguments: given });
  } catch (error) {
    void window.showWarningMessage(error instanceof Error ? error.message : String(error));
  }
}

/** Forget the word at the cursor, or another that is entered. */
async function forgetWord(): Promise<void> {
  const editor = window.activeTextEditor;
  const range = editor?.document.getWordRangeAtPosition(editor.selection.active);
  const value = range === undefined ? '' : editor?.document.getText(range);
  const entered = await window.showInputBox({ prompt: 'Never suggest', value });
  const found = words(entered ?? '');
  if (found.length > 0) {
    await send('autocomplete.forget', ...found);
  }
}

async function beQuiet(): Promise<void> {
  const entered = await window.showInputBox({
    prompt: 'For how long, such as 30m; empty for until you go on',
    validateInput: (text) => (text.trim() === '' || seconds(text) !== undefined ? '' : 'Write a duration such as 30m.'),
  });
  if (entered !== undefined) {
    const left = seconds(entered);
    await send('autocomplete.pause', ...(left === undefined ? [] : [left]));
  }
}

async function switchModel(): Promise<void> {
  const entered = await window.showInputBox({ prompt: 'The name of a model; empty for those of before' });
  if (entered !== undefined) {
    await send('autocomplete.model', ...words(entered).slice(0, 1));
  }
}
