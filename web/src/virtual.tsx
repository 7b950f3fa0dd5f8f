// A list of any length of which only the visible rows exist.
//
//   +-- scroller (one tab stop; its rows are links) -----+
//   |  spacer of count x height                          |
//   |    rows first..last, moved to their place          |
//   +-----------------------------------------------------+
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

const SPARE = 8; // rows drawn beyond each edge, so that a quick scroll shows no gap

export interface Part {
    first: number;
    last: number; // exclusive
}

// Which of `count` rows of `height` pixels are near a window of `size` pixels that is scrolled down by `top`.
export function visiblePart(count: number, height: number, top: number, size: number): Part {
    const first = Math.min(count, Math.max(0, Math.floor(top / height) - SPARE));
    return { first, last: Math.min(count, Math.ceil((top + size) / height) + SPARE) };
}

export function VirtualList<T>({ rows, height, label, columns, row, rowKey, toolbar, kind = '', follow = false, forgotten = 0 }: {
    rows: T[]; height: number; label: string; columns: string[]; rowKey: (row: T) => string | number;
    row: (row: T) => ComponentChildren; // its cells, role=cell
    kind?: string;                      // its class: other columns
    follow?: boolean;                   // whoever is at the end stays there when rows come
    forgotten?: number;                 // rows that went at the front since the start: what is read stays in its place
    toolbar?: (position: Part, jump: (index: number) => void) => ComponentChildren;
}) {
    const scroller = useRef<HTMLDivElement>(null);
    const [place, setPlace] = useState({ top: 0, size: 600 });
    const end = useRef({ there: true, forgotten });
    useLayoutEffect(() => {
        const element = scroller.current;
        if (follow && element !== null) {
            element.scrollTop = end.current.there ? element.scrollHeight : element.scrollTop - (forgotten - end.current.forgotten) * height;
            end.current.forgotten = forgotten;
        }
    }, [rows, follow, forgotten, height]);
    useEffect(() => {
        const element = scroller.current;
        if (element === null) {
            return undefined;
        }
        let frame = 0;
        const measure = (): void => {
            end.current.there = element.scrollTop + element.clientHeight >= element.scrollHeight - height;
            cancelAnimationFrame(frame);
            frame = requestAnimationFrame(() => setPlace({ top: element.scrollTop, size: element.clientHeight }));
        };
        const watch = new ResizeObserver(measure);
        watch.observe(element);
        element.addEventListener('scroll', measure, { passive: true });
        return () => {
            cancelAnimationFrame(frame);
            watch.disconnect();
            element.removeEventListener('scroll', measure);
        };
    }, [height]);
    const { first, last } = visiblePart(rows.length, height, place.top, place.size);
    const shown = { first: Math.min(rows.length, Math.floor(place.top / height)), last: Math.min(rows.length, Math.ceil((place.top + place.size) / height)) };
    const jump = (index: number): void => {
        scroller.current?.scrollTo({ top: index * height });
    };
    return (
        <>
            <div class={`virtual ${kind}`} role="table" aria-label={label} aria-rowcount={rows.length + 1}>
                <div role="rowgroup"><div class="virtual-row head" role="row" aria-rowindex={1}>{columns.map((name) => <span key={name} role="columnheader">{name}</span>)}</div></div>
                <div class="virtual-scroll" role="rowgroup" ref={scroller} tabIndex={0} aria-label={`${label}: rows`}>
                    <div role="presentation" style={{ blockSize: `${rows.length * height}px`, position: 'relative' }}>
                        {rows.slice(first, last).map((item, i) => (
                            <div key={rowKey(item)} class="virtual-row" role="row" aria-rowindex={first + i + 2}
                                style={{ position: 'absolute', insetInline: 0, blockSize: `${height}px`, insetBlockStart: `${(first + i) * height}px` }}>
                                {row(item)}
                            </div>
                        ))}
                    </div>
                </div>
            </div>
            {toolbar?.(shown, jump)}
        </>
    );
}
