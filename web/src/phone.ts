// Whether there is the room of a phone, and no more.

export const isPhone = matchMedia("(max-width: 600px)").matches;
