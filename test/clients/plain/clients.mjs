// Clients without a model: a list, the same calls, and the data that they pass to a program.
const ONE = ['mcp==1.30.0', 'langchain-mcp-adapters==0.3.2', 'langchain-core==1.8.3'];
const TWO = ['mcp==2.3.0', 'fastmcp==4.2.3'];

const python = (id, title, requires, version, script) => ({
  id,
  title,
  requires,
  version,
  script,
  asks: true,
  transports: ['stdio', 'http'],
});

export const PLAIN = [
  {
    id: 'mcporter',
    title: 'mcporter',
    package: 'mcporter',
    version: '0.12.3',
    bin: 'dist/index.js',
    script: 'mcporter.mjs',
    transports: ['stdio', 'http'],
  },
  python('python-sdk-1', 'Python SDK', ONE, '1.30.0', 'sdk_1.py'),
  python('python-sdk-2', 'Python SDK', TWO, '2.3.0', 'sdk_2.py'),
  python('fastmcp', 'FastMCP', TWO, '4.2.3', 'fast_mcp.py'),
  python('langchain', 'langchain-mcp-adapters', ONE, '0.3.2', 'lang_chain.py'),
];
