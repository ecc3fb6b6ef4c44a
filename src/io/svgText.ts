const named: Readonly<Record<string, string>> = { '<': '&lt;', '>': '&gt;', '&': '&amp;', '"': '&quot;' }

/** Text for SVG: special characters escaped, control characters and lone surrogates replaced. */
export const svgText = (text: string): string =>
  text
    .toWellFormed()
    .replace(/\p{Cc}/gu, ' ')
    .replace(/[<>&"]/g, (sign) => named[sign] ?? sign)
