// /docs: the reader's theme, and the token that the page asked for in this tab, so that "try" works at once.
interface RapiDoc extends HTMLElement {
    setApiKey(scheme: string, token: string): boolean;
}

const TOKEN = 'mockdc.token'; // api.ts keeps it there
const doc = document.querySelector('rapi-doc') as RapiDoc;
const dark = matchMedia('(prefers-color-scheme: dark)');

function dress(): void {
    doc.setAttribute('theme', dark.matches ? 'dark' : 'light');
    doc.setAttribute('primary-color', dark.matches ? '#8ab8ff' : '#1d5bb8');
}

dress();
dark.addEventListener('change', dress);
doc.addEventListener('spec-loaded', () => {
    const token = sessionStorage.getItem(TOKEN);
    if (token !== null) {
        doc.setApiKey('bearerAuth', token);
    }
});

export {};
