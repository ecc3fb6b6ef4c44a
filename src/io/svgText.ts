const named: Readonly<Record<string, string>> = { '<': '&lt;', '>': '&gt;', '&': '&amp;', '"': '&quot;' }

/** Text that a document of XML can hold: control characters and lone surrogates, which it cannot, replaced. */
export const xmlText = (text: string): string => text.toWellFormed().replace(/\p{Cc}/gu, ' ')

/** The same, with its special characters escaped, as it stands in SVG. */
export const svgText = (text: string): string => xmlText(text).replace(/[<>&"]/g, (sign) => named[sign] ?? sign)
