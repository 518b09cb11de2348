/**
 * Messages in the format of each service: within its limits, and with no external text that the service would interpret
 * as markup.
 *
 * <p>The routes under {@code routes/receivers/} define address and transport. The wording is in templates, which an
 * operator can replace by files beside the routes. Escaping, limits and signatures are code, because an edit must not
 * break them.
 *
 * <p>Why Mustache: its escaping can be replaced by a rule for each service, and a template contains no logic beyond
 * placeholders and sections.
 */
@NullMarked
package org.pgsteward.alert.message;

import org.jspecify.annotations.NullMarked;
