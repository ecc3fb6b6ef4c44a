/** The trained autoencoder that the package has: a file beside the sources, and beside what they are built into. */
export const carriedAutoencoder = new URL('./kl/kl-tiny.safetensors', import.meta.url)
