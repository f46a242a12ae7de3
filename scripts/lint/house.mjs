/** Rules of this house, for the linter: the walls between folders, and where texts become visible. */
import { dirname, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The walls of the house: files in `of` may not import from `from`, but for what matches `except`; from `types` types alone. */
const WALLS = [
  {
    of: /^extension\/engine\//,
    from: /^(extension\/host|webview)\//,
    why: 'the engine knows nothing of VS Code or pages',
  },
  {
    of: /^extension\/host\//,
    from: /^(extension\/engine|kernels|webview)\//,
    why: 'the host meets the engine in files/, formats/, shared/ and protocol/',
  },
  {
    of: /^extension\/(files|formats|protocol)\//,
    from: /^(extension\/(engine|host)|webview)\//,
    why: 'what host and engine share knows neither',
  },
  { of: /^kernels\//, from: /^(extension|webview)\//, why: 'kernels import nothing of the project' },
  {
    of: /^webview\//,
    from: /^(extension|kernels)\//,
    except: /^extension\/(protocol|shared)\//,
    types: /^extension\/protocol\//,
    why: 'pages import protocol types and shared pure functions',
  },
  {
    of: /^extension\/shared\//,
    from: /^(extension|webview|kernels)\//,
    except: /^extension\/(protocol|shared)\//,
    types: /^extension\/protocol\//,
    why: 'shared functions are pure: they import protocol types only',
  },
];

/** Reports imports that go through a wall. */
const walls = {
  create(context) {
    const pathOf = file => relative(root, file).replaceAll(sep, '/');
    const importer = pathOf(context.filename);
    const check = ({ source, importKind, exportKind }) => {
      if (!source?.value?.startsWith?.('.')) return;
      const imported = pathOf(resolve(dirname(context.filename), source.value));
      const wall = WALLS.find(
        ({ of, from, except, types }) =>
          of.test(importer) &&
          from.test(imported) &&
          (!except?.test(imported) || (types?.test(imported) && ![importKind, exportKind].includes('type'))),
      );
      if (wall) context.report({ node: source, message: `${importer} imports ${imported}: ${wall.why}` });
    };
    return {
      ImportDeclaration: check,
      ImportExpression: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
    };
  },
};

/** Reports nodes that match a selector: what it finds is done in one file alone. */
const only = (selector, file) => ({
  create: context => ({
    [selector]: node => context.report({ node, message: `only ${file}: names come from files` }),
  }),
});

export default {
  meta: { name: 'house' },
  rules: {
    walls,
    markdown: only("NewExpression[callee.name='MarkdownString']", 'host/ui/facts.ts'),
    text: only(
      'AssignmentExpression[left.property.name=/^(textContent|innerText|innerHTML|outerHTML|title)$/],' +
        "CallExpression[callee.property.name='insertAdjacentHTML']",
      'webview/common/dom.ts',
    ),
  },
};
