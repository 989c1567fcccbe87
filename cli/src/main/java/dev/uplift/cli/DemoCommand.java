/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.cli;

import java.util.ServiceLoader;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        description = {
            "Shows the main job: three stand-in dashboards with a writer on each are upgraded by ONE event on "
                    + "uplift.triggers. Two end COMPLETED; the third's migration fails and it is ROLLED_BACK. "
                    + "Every acknowledged row is counted afterwards.",
            "Everything is started in a directory of its own and stopped at the end. The exit code is 0 only if all of "
                    + "that came true."
        })
final class DemoCommand implements Callable<Integer> {
    @Mixin
    private ServerOptions server = new ServerOptions();

    @Option(names = "--keep", description = "Leave everything running and say how to look at it and stop it.")
    private boolean keep;

    @Override
    public Integer call() throws Exception {
        Demo demo = ServiceLoader.load(Demo.class).findFirst().orElseThrow(StandaloneProcess::noDistribution);
        return demo.show(server.output(), keep);
    }
}
