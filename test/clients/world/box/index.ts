export const handlers = {
  look: async ({ label, times }: { label: string; times: number }) => Array(times).fill(label).join(' '),
  move: async ({ label }: { label: string }) => `moved ${label}`,
  erase: async ({ label }: { label: string }) => `erased ${label}`,
};
