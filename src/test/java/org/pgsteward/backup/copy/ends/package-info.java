/** The real servers and disks to which tests copy backups, with their faults. Each has a test that uses it alone. */
@NullMarked
package org.pgsteward.backup.copy.ends;

import org.jspecify.annotations.NullMarked;
