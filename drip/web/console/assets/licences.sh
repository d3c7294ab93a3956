#!/bin/sh
# The licences of everything that is in static/editor.js and static/htmx.min.js.
cd "$(dirname "$0")" || exit 1
echo "editor.js and htmx.min.js contain the following software, each under its own licence."
for package in node_modules/@codemirror/* node_modules/@lezer/* node_modules/@marijn/* \
    node_modules/crelt node_modules/style-mod node_modules/w3c-keyname node_modules/htmx.org; do
    printf '\n----\n%s\n\n' "$(node -p "const p = require('./$package/package.json'); p.name + ' ' + p.version + ', ' + p.license")"
    cat "$package/LICENSE"
done
