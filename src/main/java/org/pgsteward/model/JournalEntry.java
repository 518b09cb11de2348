package org.pgsteward.model;

/** A fact that becomes one row of the journal. */
public sealed interface JournalEntry permits Activity, Backup, BackupCopy, Expiry, ImageChange, Login {}
