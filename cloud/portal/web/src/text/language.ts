/** The language of the texts and of the formats of numbers and instants. */
export const LANGUAGE = "en-GB";
