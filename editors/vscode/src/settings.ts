/** What is run for an editor, and how what a person enters is read. Knows nothing of VS Code, so that Node can test it. */

export interface Settings {
  readonly command: string;
  readonly model: string;
  readonly learn: boolean;
}

export interface Run {
  readonly command: string;
  readonly args: string[];
}

/** The program that answers, with its arguments. */
export function serverRun(settings: Settings): Run {
  const model = settings.model.trim();
  const args = ['lsp', ...(model ? ['--model', model] : []), ...(settings.learn ? ['--learn'] : [])];
  return { command: settings.command.trim() || 'autocomplete', args };
}

/** The words of a line. */
export function words(entered: string): string[] {
  return entered.split(/\s+/u).filter((word) => word !== '');
}

const UNITS: Readonly<Record<string, number>> = { '': 60, s: 1, m: 60, min: 60, h: 3600 };

/** The seconds of a duration such as `30m`, minutes where it has no unit; undefined where it is none. */
export function seconds(entered: string): number | undefined {
  const found = /^(\d{1,9}(?:\.\d{1,9})?)\s*(s|m|min|h|)$/u.exec(entered.trim());
  const count = found === null ? 0 : Number(found[1]) * (UNITS[found[2] ?? ''] ?? 0);
  return count > 0 ? count : undefined;
}
