package com.example.rocketmq;

/** A program that is not RocketMQ, though its name and arguments look like it; nobody may touch it. */
public final class BrokerStartupWatcher {
    private BrokerStartupWatcher() {}

    public static void main(String[] arguments) throws InterruptedException {
        while (true) {
            Thread.sleep(Long.MAX_VALUE);
        }
    }
}
