// Stands in for modules of an original host that hold nothing but types.
export {};
