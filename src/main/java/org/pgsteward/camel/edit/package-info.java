/**
 * Safe edits of route files. All files are one set, which is checked in a temporary context before any route runs
 * ({@link org.pgsteward.camel.lint}). Only changed routes and beans are swapped.
 *
 * <p>Why not Camel's own reload (measured on 4.18, 2026-11): one bad file can leave no route at all, and an unknown
 * component removes the running route. To stop a busy route, Camel waits and then interrupts it. Here a running
 * exchange finishes on the old definition, beside the new one.
 *
 * <p>Why not two contexts: build the second from the edited files, start it, and drain the first. This was tried on
 * Camel 4.18, 2026-11-30, with the shipped routes and 33 routes in each context. That design needs only Camel's public
 * API and 260 lines of main code less. But a context starts all its routes anew, so an edit of one file affected the
 * routes of every other file:
 *
 * <ul>
 *   <li>A {@code quartz:} route with {@code stateful=true} ran three times at once after two edits of another file,
 *       since each context has a scheduler of its own. {@code InterruptedVerifications} relies on one run at a time.
 *   <li>A file consumer took a file three times while the old context was still working on it.
 *   <li>Of 219 Docker events, 113 were lost between the end of one event feed and the start of the next.
 *   <li>An aggregation lost its collected messages, and a {@code timer:} with {@code repeatCount=1} fired again.
 *   <li>An exchange that crossed from one context into a {@code direct:} route of the other hung for good: each context
 *       has an executor of its own, and the thread waited for itself. So pgsteward's Java routes had to be in both.
 *   <li>An edit took about 2.5 times as long. The heap after 10 edits was the same, within 1 MB of 26 MB.
 * </ul>
 *
 * <p>With routes swapped one by one, the same test counted one run at a time, one file, 203 of 203 events, one
 * aggregation and one firing; an edit does not affect the routes of other files. {@code RouteEditElsewhereIT} verifies
 * that. Shared schedulers, feeds and repositories would solve single points, and would again be code that passes state
 * from route to route. The price of the swap is the use of Camel's internal API, all of it in {@code RouteTable} and
 * {@code RunningRoute}.
 */
@NullMarked
package org.pgsteward.camel.edit;

import org.jspecify.annotations.NullMarked;
