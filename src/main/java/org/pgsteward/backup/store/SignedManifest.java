package org.pgsteward.backup.store;

/** A manifest, and the state of its signature. */
record SignedManifest(Manifest manifest, ManifestSignature signature) {}
