import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import org.gaul.s3proxy.AuthenticationType;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.nio2blob.FilesystemNio2BlobApiMetadata;
import org.jclouds.ContextBuilder;
import org.jclouds.blobstore.BlobStore;
import org.jclouds.blobstore.BlobStoreContext;
import org.jclouds.blobstore.domain.Blob;
import org.jclouds.blobstore.domain.BlobMetadata;
import org.jclouds.blobstore.domain.MultipartUpload;
import org.jclouds.blobstore.options.CopyOptions;
import org.jclouds.blobstore.options.PutOptions;
import org.jclouds.blobstore.util.ForwardingBlobStore;
import org.jclouds.rest.AuthorizationException;

/**
 * An S3 server on one folder, for tests: {@code java -cp 'LIB/*' Server.java PORT FOLDER KEYS}. S3Proxy does the work.
 *
 * <p>Each line of the file KEYS is an access key, its secret, and its permission. The server reads the file for each
 * request, so that a test can revoke a key. The permission "all" has no limit. With "keep" the key may delete no object, as
 * with a policy of a bucket. With "read" it may change nothing.
 */
final class Server {
    private Server() {}

    public static void main(String[] arguments) throws Exception {
        Properties settings = new Properties();
        settings.setProperty("jclouds.filesystem.basedir", arguments[1]);
        BlobStore all = ContextBuilder.newBuilder(new FilesystemNio2BlobApiMetadata())
                .credentials("none", "none")
                .overrides(settings)
                .build(BlobStoreContext.class)
                .getBlobStore();
        Map<String, BlobStore> stores =
                Map.of("all", all, "keep", new Limited(all, true), "read", new Limited(all, false));
        Path keys = Path.of(arguments[2]);
        S3Proxy server = S3Proxy.builder()
                .blobStore(all)
                .endpoint(URI.create("http://127.0.0.1:" + arguments[0]))
                .awsAuthentication(AuthenticationType.AWS_V2_OR_V4, "replaced", "below")
                .build();
        server.setBlobStoreLocator((key, bucket, object) -> locate(keys, key, stores));
        server.start();
        Thread.currentThread().join();
    }

    private static Map.Entry<String, BlobStore> locate(Path keys, String key, Map<String, BlobStore> stores) {
        try {
            for (String line : Files.readAllLines(keys)) {
                String[] words = line.split(" ");
                if (words[0].equals(key)) {
                    return Map.entry(words[1], stores.get(words[2]));
                }
            }
            return null;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Refuses to delete objects, and to store them. */
    private static final class Limited extends ForwardingBlobStore {
        private final boolean stores;

        Limited(BlobStore all, boolean stores) {
            super(all);
            this.stores = stores;
        }

        @Override
        public String putBlob(String bucket, Blob object, PutOptions options) {
            return may().putBlob(bucket, object, options);
        }

        @Override
        public String copyBlob(String from, String object, String to, String copy, CopyOptions options) {
            return may().copyBlob(from, object, to, copy, options);
        }

        @Override
        public MultipartUpload initiateMultipartUpload(String bucket, BlobMetadata object, PutOptions options) {
            return may().initiateMultipartUpload(bucket, object, options);
        }

        private BlobStore may() {
            if (!stores) {
                throw new AuthorizationException("this key may store no object");
            }
            return delegate();
        }

        @Override
        public void removeBlob(String bucket, String object) {
            throw new AuthorizationException("this key may delete no object");
        }

        @Override
        public void removeBlobs(String bucket, Iterable<String> objects) {
            throw new AuthorizationException("this key may delete no object");
        }
    }
}
