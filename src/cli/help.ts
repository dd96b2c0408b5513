import { Command } from 'commander';

/** The groups of `plugmux --help`, each command with one example. Adapters say it of their commands themselves. */
const GROUPS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'Serve:': {
    serve: 'plugmux serve --http 127.0.0.1:8808',
    stdio: 'plugmux stdio --config ~/tools/mcp.json',
    status: 'plugmux status',
    stop: 'plugmux stop',
  },
  'Inspect:': {
    list: 'plugmux list',
    info: 'plugmux info notes notes_search',
    call: `plugmux call notes_search '{"query":"march"}'`,
    doctor: 'plugmux doctor',
    limits: 'plugmux limits',
    audit: 'plugmux audit show',
    console: 'plugmux console',
  },
  'Plugins:': {
    enable: 'plugmux enable notes --in-file',
    disable: 'plugmux disable notes',
    settings: 'plugmux settings notes max_kb=1024',
    command: 'plugmux command search stats',
    approvals: 'plugmux approvals allow notes_write',
    lock: 'plugmux lock --diff',
  },
  'Configuration:': {
    init: 'plugmux init',
    discover: 'plugmux discover claude-code gemini-cli',
    schema: 'plugmux schema --out mcp.schema.json',
    export: 'plugmux export claude-code',
    store: 'plugmux store repair',
  },
};

/** Sorts the commands of `--help` into groups and ends the help of each with an example. */
export function addHelp(program: Command): void {
  program.addHelpCommand(new Command('help').argument('[command]').description('show the help of a command').helpGroup('Inspect:'));
  const byName = new Map(program.commands.map((command) => [command.name(), command]));
  for (const [group, examples] of Object.entries(GROUPS)) {
    for (const [name, example] of Object.entries(examples)) {
      byName.get(name)?.helpGroup(group).addHelpText('after', `\nExample:\n  $ ${example}`);
    }
  }
}
