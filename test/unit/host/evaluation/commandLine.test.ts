/** A path in a command: the shell passes on the same path. */
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { commandLine } from '../../../../extension/host/evaluation/commandLine.ts';
import { needs } from '../../../needs.ts';

/** Prints its arguments unchanged, each followed by a zero byte, which no argument contains. */
const ECHO = String.raw`printf '%s\0'`;
const PATHS = [
  '/models/merged',
  '/my models/it\'s "new"',
  '/a$HOME/`id`/$(id)',
  '/back\\slash',
  '/line\nbreak',
  '-x;ls',
];

describe('in a POSIX shell', needs('POSIX shell', process.platform !== 'win32'), () => {
  const argumentsOf = (template: string, path: string): string[] =>
    execFileSync('/bin/sh', ['-c', commandLine(template, path, 'linux')], { encoding: 'utf8' })
      .split('\0')
      .slice(0, -1);

  it.each(PATHS)('%j is one word, however it is quoted', path => {
    expect(argumentsOf(`${ECHO} \${model}`, path)).toEqual([path]);
    expect(argumentsOf(`${ECHO} "\${model}"`, path)).toEqual([path]);
    expect(argumentsOf(`${ECHO} '\${model}'`, path)).toEqual([path]);
    expect(argumentsOf(`${ECHO} --model="\${model}/config.json" '\${model}' \\" x`, path)).toEqual([
      `--model=${path}/config.json`,
      path,
      '"',
      'x',
    ]);
  });

  it('leaves a command without a placeholder as it is', () => {
    expect(commandLine('make "eval" | tail -1', '/models/merged', 'linux')).toBe('make "eval" | tail -1');
  });
});

describe('in cmd.exe', () => {
  it('quotes a path that is not quoted yet', () => {
    const model = 'C:\\my models\\merged';
    expect(commandLine('py eval.py ${model}', model, 'win32')).toBe(`py eval.py "${model}"`);
    expect(commandLine('py eval.py "${model}\\x" -o ${model}', model, 'win32')).toBe(
      `py eval.py "${model}\\x" -o "${model}"`,
    );
  });

  it.each(['C:\\50%', 'C:\\wow!'])('refuses %s, which it would change', path => {
    expect(() => commandLine('py ${model}', path, 'win32')).toThrow('Rename the folder');
  });
});
