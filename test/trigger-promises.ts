/** What the gateway promises about the triggers of plugins, by id. */
export const TRIGGER_PROMISES = {
  'trigger-resource': 'A client that watches the resource of a trigger is notified of its events, in both eras.',
  'trigger-once': 'An event of a trigger is stored at most once, under one id, in the transaction that stores the new state.',
  'trigger-lease': 'Of several gateways on one state folder, one looks at a trigger; another one takes over if it ends.',
  'events-poll': 'A client that polls gets the events of a trigger in order, from a cursor that only this gateway can read.',
  'events-stream': 'A stream sends each event of a trigger once, in order, and continues from the cursor of any of them.',
  'trigger-bounds': 'The events of a trigger are bounded by count, size, age and rate; a reader is told of a gap.',
  webhook: 'An event is posted to a webhook at least once, under one id and with the signature of Standard Webhooks, also after a restart.',
  'webhook-address': 'A webhook reaches no private address, in any notation or by a name, unless the operator allows it.',
};
