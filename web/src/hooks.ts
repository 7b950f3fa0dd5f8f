// How views get what they show: loaded once, loaded anew when an event says that it has changed.
import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, get } from './api';
import { type Event, listen, onReset } from './events';
import type { Page, Product } from './types';

const AGAIN_MS = 150; // a burst of events loads at most so often

export interface Resource<T> {
    data: T | undefined;
    error: ApiError | undefined;
    reload: () => void;
}

// Runs `load` at once, when `key` changes, when an event `concerns` it, and after a reset. `null`: nothing to load.
export function useLoaded<T>(key: string | null, load: (abort: AbortSignal) => Promise<T>, concerns: (event: Event) => boolean): Resource<T> {
    const [state, setState] = useState<{ key: string | null; data?: T | undefined; error?: ApiError | undefined }>({ key });
    const latest = useRef({ load, concerns });
    latest.current = { load, concerns };
    const again = useRef<() => void>(() => undefined);
    useEffect(() => {
        if (key === null) {
            setState({ key });
            return undefined;
        }
        let abort = new AbortController();
        let busy = false;
        let dirty = false;
        let timer: ReturnType<typeof setTimeout> | undefined;
        let last = -Infinity;
        const run = async (): Promise<void> => {
            timer = undefined;
            [busy, dirty, last] = [true, false, performance.now()];
            const mine = abort;
            try {
                const data = await latest.current.load(mine.signal);
                if (!mine.signal.aborted) {
                    setState({ key, data });
                }
            } catch (error) {
                if (!mine.signal.aborted && error instanceof ApiError) {
                    setState((old) => ({ key, data: error.problem.status === 404 || old.key !== key ? undefined : old.data, error }));
                }
            }
            busy = false;
            if (dirty && !mine.signal.aborted) {
                schedule();
            }
        };
        const schedule = (): void => {
            dirty = true;
            if (!busy && timer === undefined) {
                timer = setTimeout(() => void run(), Math.max(0, last + AGAIN_MS - performance.now()));
            }
        };
        again.current = schedule;
        void run();
        const stops = [listen((events) => events.some((event) => latest.current.concerns(event)) && schedule()), onReset(schedule)];
        return () => {
            abort.abort();
            abort = new AbortController();
            clearTimeout(timer);
            stops.forEach((stop) => stop());
        };
    }, [key]);
    const mine = state.key === key;
    return { data: mine ? state.data : undefined, error: mine ? state.error : undefined, reload: () => again.current() };
}

export const useResource = <T>(path: string | null, concerns: (event: Event) => boolean): Resource<T> =>
    useLoaded<T>(path, (abort) => get<T>(path ?? '', abort), concerns);

export const useProducts = (): Product[] => useResource<Page<Product>>('/products?limit=1000', (event) => event.kind === 'product').data?.items ?? [];

// A value that follows `value` after a pause: a search is not sent for every letter.
export function useSettled<T>(value: T, ms = 200): T {
    const [settled, setSettled] = useState(value);
    useEffect(() => {
        const timer = setTimeout(() => setSettled(value), ms);
        return () => clearTimeout(timer);
    }, [value]);
    return settled;
}

export function useMedia(query: string): boolean {
    const [matches, setMatches] = useState(() => matchMedia(query).matches);
    useEffect(() => {
        const media = matchMedia(query);
        const change = (): void => setMatches(media.matches);
        media.addEventListener('change', change);
        return () => media.removeEventListener('change', change);
    }, [query]);
    return matches;
}
