/** Style sheets are imported for their side effect: esbuild collects them into the page's one .css file. */
declare module '*.css';
