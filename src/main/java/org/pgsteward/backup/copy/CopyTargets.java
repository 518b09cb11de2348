package org.pgsteward.backup.copy;

import java.util.List;

/** The targets that are switched on. An edit of the route files changes them at run time. */
public interface CopyTargets {
    /** Returns the targets with their rules, by name. */
    List<CopyTarget> all();

    /** Returns the other end of a target. */
    CopyPlace place(String target);
}
