// The text of an event stream, piece by piece, into events (the WHATWG event stream format).

export interface Message {
    id: string | null; // null: the message had none
    event: string;
    data: string;
}

export class StreamReader {
    private rest = '';
    private id: string | null = null;
    private event = '';
    private data: string[] = [];

    // The messages that `text` completes.
    feed(text: string): Message[] {
        const messages: Message[] = [];
        const lines = (this.rest + text).split('\n');
        this.rest = lines.pop() ?? '';
        for (const line of lines) {
            this.line(line.endsWith('\r') ? line.slice(0, -1) : line, messages);
        }
        return messages;
    }

    private line(line: string, messages: Message[]): void {
        if (line === '') {
            if (this.data.length > 0) {
                messages.push({ id: this.id, event: this.event || 'message', data: this.data.join('\n') });
            }
            [this.id, this.event, this.data] = [null, '', []];
            return;
        }
        const colon = line.indexOf(':');
        const field = colon < 0 ? line : line.slice(0, colon);
        const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
        if (field === 'data') {
            this.data.push(value);
        } else if (field === 'event') {
            this.event = value;
        } else if (field === 'id') {
            this.id = value;
        }
    }
}
