import assert from 'node:assert/strict';
import test from 'node:test';

import { seconds, serverRun, words } from './settings';

test('the program is run as the settings say', () => {
  assert.deepEqual(serverRun({ command: 'autocomplete', model: '', learn: false }), {
    command: 'autocomplete',
    args: ['lsp'],
  });
  assert.deepEqual(serverRun({ command: ' /opt/my programs/autocomplete ', model: ' mail ', learn: true }), {
    command: '/opt/my programs/autocomplete',
    args: ['lsp', '--model', 'mail', '--learn'],
  });
  assert.equal(serverRun({ command: ' ', model: '', learn: false }).command, 'autocomplete');
});

test('words are what stands between blanks', () => {
  assert.deepEqual(words('  Las\tVegas  '), ['Las', 'Vegas']);
  assert.deepEqual(words(' '), []);
});

test('a duration has a unit, or is in minutes', () => {
  const read = ['30', '30m', '90 s', '1.5h', '2min'].map(seconds);
  assert.deepEqual(read, [1800, 1800, 90, 5400, 120]);
  assert.deepEqual(['', '0', '-1', 'soon', '1d', '1'.repeat(5000)].map(seconds), Array(6).fill(undefined));
});
