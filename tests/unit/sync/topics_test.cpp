// SPDX-License-Identifier: Apache-2.0
#include "world.hpp"

using namespace topgun;
using namespace topgun::test;

namespace {

wire::TopicPub publication(std::string topic, std::string_view text) {
    return {std::move(topic), text_value(text)};
}

}  // namespace

TEST_CASE("a topic's message reaches every listener but its publisher", "[sync]") {
    World world;
    Peer ann(world), bob(world), eve(world);
    CHECK(ann.say(wire::TopicSub{"news"}).empty());
    CHECK(bob.say(wire::TopicSub{"news"}).empty());
    CHECK(eve.say(wire::TopicSub{"other"}).empty());
    CHECK(ann.say(publication("news", "hello")).empty());
    const auto heard = only<wire::TopicMessage>(bob.heard());
    CHECK(heard.topic == "news");
    CHECK(heard.data == text_value("hello"));
    CHECK(heard.timestamp == kNow);
    CHECK_FALSE(heard.publisher_id);
    CHECK(eve.heard().empty());
    CHECK(world.hub->counters().topic_messages == 1);
}

TEST_CASE("listening twice is listening once, and ends with one word", "[sync]") {
    World world;
    Peer ann(world), bob(world);
    for (int i = 0; i < 2; ++i) bob.say(wire::TopicSub{"news"});
    ann.say(publication("news", "1"));
    CHECK(bob.heard().size() == 1);
    CHECK(bob.say(wire::TopicUnsub{"news"}).empty());
    CHECK(bob.say(wire::TopicUnsub{"news"}).empty());
    CHECK(bob.say(wire::TopicUnsub{"never heard of"}).empty());
    ann.say(publication("news", "2"));
    CHECK(bob.heard().empty());
}

TEST_CASE("messages of one publisher keep their order", "[sync]") {
    World world;
    Peer ann(world), bob(world);
    bob.say(wire::TopicSub{"t"});
    for (int i = 0; i < 100; ++i) ann.say(publication("t", std::to_string(i)));
    const auto heard = all<wire::TopicMessage>(bob.heard());
    REQUIRE(heard.size() == 100);
    for (int i = 0; i < 100; ++i)
        CHECK(heard[std::size_t(i)].data == text_value(std::to_string(i)));
}

TEST_CASE("a publication without data says nil", "[sync]") {
    World world;
    Peer ann(world), bob(world);
    bob.say(wire::TopicSub{"t"});
    // {type: "TOPIC_PUB", payload: {topic: "t"}}, as TypeScript sends undefined.
    CHECK(ann.say_bytes("\x82\xa4type\xa9TOPIC_PUB\xa7payload\x81\xa5topic\xa1t").empty());
    CHECK(only<wire::TopicMessage>(bob.heard()).data.is_nil());
}

TEST_CASE("names of topics are checked, and a bad one is answered", "[sync]") {
    World world;
    Peer peer(world);
    CHECK(peer.say(wire::TopicSub{"A-Z.a_z:0/9"}).empty());
    CHECK(peer.say(wire::TopicSub{std::string(256, 'x')}).empty());
    for (const auto& name :
         {std::string(), std::string(257, 'x'), std::string("a b"), std::string("caf\xc3\xa9")}) {
        CAPTURE(name);
        CHECK(only<wire::ErrorMessage>(peer.say(wire::TopicSub{name})).code == 400);
        CHECK(only<wire::ErrorMessage>(peer.say(publication(name, "x"))).code == 400);
        CHECK(peer.say(wire::TopicUnsub{name}).empty());
    }
    // {type: "TOPIC_SUB"} lacks its payload.
    CHECK(only<wire::ErrorMessage>(peer.say_bytes("\x81\xa4type\xa9TOPIC_SUB")).code == 400);
}

TEST_CASE("one connection listens to a bounded number of topics", "[sync]") {
    auto options = World::no_auth();
    options.limits.topics = 3;
    World world(options);
    Peer peer(world), other(world);
    for (const auto* topic : {"a", "b", "c"}) CHECK(peer.say(wire::TopicSub{topic}).empty());
    CHECK(only<wire::ErrorMessage>(peer.say(wire::TopicSub{"d"})).code == 413);
    CHECK(peer.say(wire::TopicSub{"a"}).empty());
    peer.say(wire::TopicUnsub{"b"});
    CHECK(peer.say(wire::TopicSub{"d"}).empty());
    other.say(publication("d", "x"));
    CHECK(peer.heard().size() == 1);
}

TEST_CASE("who has gone hears nothing, and slow listeners go", "[sync]") {
    auto options = World::no_auth();
    options.limits.queue_bytes = 2000;
    World world(options);
    Peer ann(world), slow(world), quick(world);
    auto left = std::make_unique<Peer>(world);
    for (auto* peer : {&slow, &quick, left.get()}) peer->say(wire::TopicSub{"t"});
    left.reset();
    for (int i = 0; i < 50; ++i) {
        ann.say(publication("t", std::string(100, 'x')));
        CHECK(quick.heard().size() == 1);
    }
    REQUIRE(slow.link->closed());
    CHECK(slow.link->closed()->code == sync::CloseCode::try_again);
    CHECK_FALSE(quick.link->closed());
}
