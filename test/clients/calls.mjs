// The calls that every client makes.

/** The call with this label is approved. */
export const AGREED = 'yes-4711';

export const CALLS = {
  plain: { tool: 'box_look', args: { label: 'label-4711', times: 2 } },
  bad: { tool: 'box_look', args: { label: 'label-4711', times: 'many' } },
  image: { tool: 'picture', args: {} },
  data: { tool: 'point', args: { scale: 21 } },
  asked: { tool: 'box_erase', args: { label: 'label-4711' } },
  agreed: { tool: 'box_erase', args: { label: AGREED } },
};
