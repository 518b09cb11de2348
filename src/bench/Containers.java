import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Locale;
import org.pgsteward.engine.recorded.RecordedEngine;

/**
 * A Docker API with this number of running containers, each of which requests a database. It serves recorded answers, since
 * no machine of this project runs 1,000 containers. See src/bench/page.
 */
final class Containers {
    private Containers() {}

    public static void main(String[] arguments) throws IOException, InterruptedException {
        RecordedEngine engine = new RecordedEngine(Clock.systemUTC());
        engine.play("deploy");
        for (int i = 1; i <= Integer.parseInt(arguments[0]); i++) {
            String service = String.format(Locale.ROOT, "service%04d", i);
            engine.add("linkding", service, document -> own(service, document));
        }
        Path part = Files.writeString(Path.of(arguments[1] + ".part"), engine.host());
        Files.move(part, Path.of(arguments[1]));
        Thread.currentThread().join();
    }

    private static ObjectNode own(String service, ObjectNode document) {
        document.put("Id", String.format(Locale.ROOT, "%064x", service.hashCode() & 0xffffffffL));
        document.put("Name", "/" + service);
        ObjectNode config = (ObjectNode) document.get("Config");
        config.put("Hostname", service).put("Image", "example.org/app:1");
        config.putArray("Env").add("DATABASE_URL=postgres://" + service + ":its-own@postgresql:5432/" + service);
        ((ObjectNode) config.get("Labels")).put("com.docker.compose.service", service);
        return document;
    }
}
