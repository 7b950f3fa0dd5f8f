// Addresses of the views: all behind the '#', so that one document serves them.
//
//   #/plans            #/plans/new          #/plans/7               #/plans/7/edit
//   #/plans/7/devices/8671                  #/devices?product=demo  #/devices/demo/8671
//   #/packages         #/packages/3         #/products              #/clock
//   #/faults           #/faults/new?productKey=demo&deviceKey=8671  #/journal?kind=frame,fault&deviceKey=8671
//
// The query of faults and journal is the API's own.
import { signal } from '@preact/signals';

export interface Place {
    path: string[];
    query: URLSearchParams;
}

export function parsePlace(hash: string): Place {
    const [path = '', query = ''] = hash.replace(/^#?\/?/, '').split('?', 2);
    const parts = path.split('/').filter((part) => part !== '');
    return { path: parts.map(decodePart), query: new URLSearchParams(query) };
}

function decodePart(part: string): string {
    try {
        return decodeURIComponent(part);
    } catch {
        return part;
    }
}

export const place = signal<Place>(parsePlace(location.hash));

addEventListener('hashchange', () => {
    place.value = parsePlace(location.hash);
});

export const href = (...parts: (string | number)[]): string => `#/${parts.map((part) => encodeURIComponent(part)).join('/')}`;

export function go(address: string): void {
    location.hash = address;
}

// Changes the query of the present address without a step in the history: filters and searches survive a reload.
export function setQuery(changes: Record<string, string>): void {
    const query = new URLSearchParams(place.value.query);
    for (const [name, value] of Object.entries(changes)) {
        if (value === '') {
            query.delete(name);
        } else {
            query.set(name, value);
        }
    }
    const text = query.toString().replaceAll('%2C', ',').replaceAll('%3A', ':');
    history.replaceState(null, '', `#/${place.value.path.map(encodeURIComponent).join('/')}${text === '' ? '' : `?${text}`}`);
    place.value = parsePlace(location.hash);
}
