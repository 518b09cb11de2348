// Validates a JSON file against a JSON schema: node schema.mjs TOOLS SCHEMA FILE. Exit status 1 if the file is invalid.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const [tools, schema, file] = process.argv.slice(2);
const require = createRequire(`${tools}/package.json`);
const Ajv = require('ajv');
const formats = require('ajv-formats');

const ajv = new Ajv({ allErrors: true, strict: false });
formats(ajv);
const validate = ajv.compile(JSON.parse(readFileSync(schema, 'utf8')));
if (!validate(JSON.parse(readFileSync(file, 'utf8')))) {
    for (const error of validate.errors) {
        console.error(`${file}${error.instancePath}: ${error.message} ${JSON.stringify(error.params)}`);
    }
    process.exit(1);
}
