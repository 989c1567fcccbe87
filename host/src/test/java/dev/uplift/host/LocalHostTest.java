package dev.uplift.host;

class LocalHostTest extends HostContractTest {
    @Override
    Host host() {
        return new LocalHost();
    }
}
