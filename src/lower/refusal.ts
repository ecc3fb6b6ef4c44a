/** A backend's no: what it was asked for cannot be had here, and the message says what a user can do about it. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
}
