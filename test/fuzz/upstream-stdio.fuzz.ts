import { fuzzUpstream } from './support/upstream-kind.ts';

fuzzUpstream('stdio');
