/**
 * Edits of route files that cannot hurt: all files are one set, which is checked in a throw-away context before anything
 * of it runs ({@link org.pgsteward.camel.lint}), and of which only what changed is swapped.
 *
 * <p>Why not Camel's own reload (measured on 4.18, 2026-11): one bad file can leave no route at all, an unknown component
 * removes the route that ran, and stopping a route that works waits and then interrupts it. Here what is under way ends
 * on the old definition, beside the new one.
 *
 * <p>Why not two contexts, the second built from the edited files, started, and the first drained (tried on Camel 4.18,
 * 2026-11-30, with the shipped routes and 33 routes in each context). It needs Camel's public API only and 260 lines of main
 * code less. But a context begins all of its routes anew, so an edit of one file reached the routes of every other file:
 *
 * <ul>
 *   <li>A {@code quartz:} route with {@code stateful=true} ran three times at once after two edits of another file, since
 *       each context has a scheduler of its own. {@code InterruptedVerifications} relies on one run at a time.
 *   <li>A file consumer took a file three times that the old context was still working on.
 *   <li>Of 219 Docker events, 113 were lost between the end of one event feed and the begin of the next.
 *   <li>An aggregation lost what it had collected, and a {@code timer:} with {@code repeatCount=1} fired again.
 *   <li>An exchange that crossed from one context into a {@code direct:} route of the other hung for good: each context
 *       has an executor of its own, and the thread waited for itself. So our Java routes had to be in both.
 *   <li>An edit took about 2.5 times as long. The heap after 10 edits was the same, within 1 MB of 26 MB.
 * </ul>
 *
 * With routes swapped one by one, the same test counted one run at a time, one file, 203 of 203 events, one aggregation and
 * one firing; the routes of other files do not notice an edit. {@code RouteEditElsewhereIT} keeps that. Shared schedulers,
 * feeds and repositories would cure single points, and would again be code that hands state from route to route. The price
 * of the swap is Camel's internal API, all of it in {@code RouteTable} and {@code RunningRoute}.
 */
@NullMarked
package org.pgsteward.camel.edit;

import org.jspecify.annotations.NullMarked;
