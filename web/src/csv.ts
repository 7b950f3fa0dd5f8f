// RFC 4180, as the server's own CSV: what needs quotes gets them, lines end with CR LF.
export type Cell = string | number | boolean | null | undefined;

const cell = (value: Cell): string => {
    const text = value === null || value === undefined ? '' : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

export const csvOf = (header: string[], rows: Cell[][]): string => [header, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');

// Hands the text to the reader as a file.
export function saveFile(name: string, type: string, content: BlobPart): void {
    const url = URL.createObjectURL(new Blob([content], { type }));
    const link = document.createElement('a');
    link.href = url;
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
