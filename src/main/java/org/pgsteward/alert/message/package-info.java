/**
 * What each service is sent: a notice in the service's own format, within its limits, with nothing in it that the
 * service would take for markup of ours.
 *
 * <p>The routes under {@code routes/receivers/} say where to and how; the words are templates, of which an operator may
 * lay his own beside the routes; what must not break by an edit (escaping, limits, signatures) is here.
 *
 * <p>Why Mustache: it escapes what it fills in, by a rule of ours for each service, and a template of its can say nothing
 * but where something goes.
 */
@NullMarked
package org.pgsteward.alert.message;

import org.jspecify.annotations.NullMarked;
