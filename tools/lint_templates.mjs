// Reads [{name, mjml}] from standard input and prints one line for each problem that npm's mjml finds.
import { readFileSync } from 'node:fs'
import mjml2html from 'mjml'

const mails = JSON.parse(readFileSync(0, 'utf8'))
let problems = 0
for (const { name, mjml } of mails) {
  try {
    const { errors } = await mjml2html(mjml, { validationLevel: 'soft', keepComments: false, fonts: {} })
    for (const error of errors) {
      problems += 1
      console.log(`${name}/body.mjml: ${error.formattedMessage ?? error.message}`)
    }
  } catch (error) {
    problems += 1
    console.log(`${name}/body.mjml: ${error.message}`)
  }
}
process.exit(problems ? 1 : 0)
