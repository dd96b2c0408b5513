// Stand-in for modules of an original host that contain only types.
export {};
