import java.io.PrintStream;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;

/** Sends numbered messages, or receives them; tests/rocketmq-client says how. */
public final class RocketmqClient {
    private static final PrintStream ANSWER = System.out;

    private RocketmqClient() {}

    public static void main(String[] arguments) throws Exception {
        // The client's libraries log to standard output.
        System.setOut(System.err);
        String nameservers = arguments[1];
        String topic = arguments[2];
        int third = Integer.parseInt(arguments[3]);
        int fourth = Integer.parseInt(arguments[4]);
        if (arguments[0].equals("send")) {
            send(nameservers, topic, third, fourth);
        } else {
            receive(nameservers, topic, third, fourth, arguments.length > 5 ? arguments[5] : null);
        }
        // The client's own threads would keep the program up.
        System.exit(0);
    }

    private static void send(String nameservers, String topic, int first, int last) throws Exception {
        DefaultMQProducer producer = new DefaultMQProducer("lab-producer");
        producer.setNamesrvAddr(nameservers);
        // A busy machine may take longer than the usual 3 seconds for the first one.
        producer.setSendMsgTimeout(30_000);
        producer.start();
        for (int number = first; number <= last; number++) {
            try {
                SendResult result = producer.send(new Message(topic, String.valueOf(number).getBytes("UTF-8")));
                ANSWER.println(number + " " + result.getSendStatus());
            } catch (Exception error) {
                System.err.println(number + ": " + error);
            }
        }
        producer.shutdown();
    }

    private static void receive(String nameservers, String topic, int count, int seconds, String group)
            throws Exception {
        final Set<String> seen = ConcurrentHashMap.newKeySet();
        final CountDownLatch all = new CountDownLatch(count);
        // A group that nobody has used starts where CONSUME_FROM_FIRST_OFFSET says.
        DefaultMQPushConsumer consumer = new DefaultMQPushConsumer(group == null ? "lab-" + System.nanoTime() : group);
        consumer.setNamesrvAddr(nameservers);
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        consumer.subscribe(topic, "*");
        consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
            for (MessageExt message : (List<MessageExt>) messages) {
                if (group != null && all.getCount() == 0) {
                    // Left to whoever reads next: what is not returned from is not acknowledged.
                    LockSupport.park();
                }
                String number = new String(message.getBody());
                boolean isNew = seen.add(number);
                if (isNew || group != null) {
                    ANSWER.println(number);
                }
                if (isNew) {
                    all.countDown();
                }
            }
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        consumer.start();
        if (!all.await(seconds, TimeUnit.SECONDS)) {
            System.err.println("received " + seen.size() + " of " + count + " messages in " + seconds + " seconds");
            System.exit(1);
        }
        consumer.shutdown();
    }
}
