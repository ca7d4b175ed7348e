// SPDX-License-Identifier: Apache-2.0
// Frames that TopGun's own encoders wrote (W, B), or that its server's encoder would write (R),
// with their JSON view: facts of protocol version 2.0.0, so that this codec is held to the peers
// and not to itself.
#pragma once

namespace topgun::test {

struct ReferenceFrame {
    const char* name;
    const char* json;
    const char* hex;
};

inline constexpr ReferenceFrame kReferenceFrames[] = {
    {"W01", R"({"type":"AUTH_REQUIRED"})", "de0001a474797065ad415554485f5245515549524544"},
    {"W02", R"({"type":"AUTH","token":"t1"})", "de0002a474797065a441555448a5746f6b656ea27431"},
    {"W03", R"({"type":"AUTH","token":"t1","deviceToken":"d.s"})",
     "de0003a474797065a441555448a5746f6b656ea27431ab646576696365546f6b656ea3642e73"},
    {"W04", R"({"type":"AUTH_ACK","userId":"u1","deviceId":"d1"})",
     "de0003a474797065a8415554485f41434ba6757365724964a27531a86465766963654964a26431"},
    {"W05", R"({"type":"AUTH_FAIL","error":"Authentication failed"})",
     "de0002a474797065a9415554485f4641494ca56572726f72b541757468656e7469636174696f6e206661696c"
     "6564"},
    {"W06", R"({"type":"DEVICE_HELLO"})", "de0001a474797065ac4445564943455f48454c4c4f"},
    {"W07", R"({"type":"DEVICE_ACK","deviceId":"d1","deviceToken":"d1.ff"})",
     "de0003a474797065aa4445564943455f41434ba86465766963654964a26431ab646576696365546f6b656ea5"
     "64312e6666"},
    {"W08", R"({"type":"PING","timestamp":1700000000000})",
     "de0002a474797065a450494e47a974696d657374616d70cb4278bcfe56800000"},
    {"W09", R"({"type":"PONG","timestamp":1700000000000,"serverTime":1700000000005})",
     "de0003a474797065a4504f4e47a974696d657374616d70cb4278bcfe56800000aa73657276657254696d65cb"
     "4278bcfe56805000"},
    {"W10",
     R"({"type":"OP_BATCH","payload":{"ops":[{"mapName":"m","opType":"PUT","key":"k","record":{")"
     R"(value":{"a":1},"timestamp":{"millis":1700000000000,"counter":1,"nodeId":"node-1"}},"time)"
     R"(stamp":{"millis":1700000000000,"counter":1,"nodeId":"node-1"},"synced":false,"id":"1"}]})"
     R"(})",
     "de0002a474797065a84f505f4241544348a77061796c6f6164de0001a36f707391de0007a76d61704e616d65"
     "a16da66f7054797065a3505554a36b6579a16ba67265636f7264de0002a576616c7565de0001a16101a97469"
     "6d657374616d70de0003a66d696c6c6973cb4278bcfe56800000a7636f756e74657201a66e6f64654964a66e"
     "6f64652d31a974696d657374616d70de0003a66d696c6c6973cb4278bcfe56800000a7636f756e74657201a6"
     "6e6f64654964a66e6f64652d31a673796e636564c2a26964a131"},
    {"W11",
     R"({"type":"OP_BATCH","payload":{"ops":[{"mapName":"m","opType":"REMOVE","key":"k","record")"
     R"(:{"value":null,"timestamp":{"millis":1700000000000,"counter":1,"nodeId":"node-1"}},"time)"
     R"(stamp":{"millis":1700000000000,"counter":1,"nodeId":"node-1"},"synced":false,"id":"2"}]})"
     R"(})",
     "de0002a474797065a84f505f4241544348a77061796c6f6164de0001a36f707391de0007a76d61704e616d65"
     "a16da66f7054797065a652454d4f5645a36b6579a16ba67265636f7264de0002a576616c7565c0a974696d65"
     "7374616d70de0003a66d696c6c6973cb4278bcfe56800000a7636f756e74657201a66e6f64654964a66e6f64"
     "652d31a974696d657374616d70de0003a66d696c6c6973cb4278bcfe56800000a7636f756e74657201a66e6f"
     "64654964a66e6f64652d31a673796e636564c2a26964a132"},
    {"W12",
     R"({"type":"OP_BATCH","payload":{"ops":[{"mapName":"o","opType":"OR_ADD","key":"k","orRecor)"
     R"(d":{"value":"x","timestamp":{"millis":1700000000000,"counter":1,"nodeId":"node-1"},"tag")"
     R"(:"1700000000000:1:node-1"},"timestamp":{"millis":1700000000000,"counter":1,"nodeId":"nod)"
     R"(e-1"},"synced":false,"id":"3"}]}})",
     "de0002a474797065a84f505f4241544348a77061796c6f6164de0001a36f707391de0007a76d61704e616d65"
     "a16fa66f7054797065a64f525f414444a36b6579a16ba86f725265636f7264de0003a576616c7565a178a974"
     "696d657374616d70de0003a66d696c6c6973cb4278bcfe56800000a7636f756e74657201a66e6f64654964a6"
     "6e6f64652d31a3746167b6313730303030303030303030303a313a6e6f64652d31a974696d657374616d70de"
     "0003a66d696c6c6973cb4278bcfe56800000a7636f756e74657201a66e6f64654964a66e6f64652d31a67379"
     "6e636564c2a26964a133"},
    {"W13",
     R"({"type":"OP_BATCH","payload":{"ops":[{"mapName":"o","opType":"OR_REMOVE","key":"k","orTa)"
     R"(g":"1700000000000:1:node-1","timestamp":{"millis":1700000000000,"counter":1,"nodeId":"no)"
     R"(de-1"},"synced":false,"id":"4"}]}})",
     "de0002a474797065a84f505f4241544348a77061796c6f6164de0001a36f707391de0007a76d61704e616d65"
     "a16fa66f7054797065a94f525f52454d4f5645a36b6579a16ba56f72546167b6313730303030303030303030"
     "303a313a6e6f64652d31a974696d657374616d70de0003a66d696c6c6973cb4278bcfe56800000a7636f756e"
     "74657201a66e6f64654964a66e6f64652d31a673796e636564c2a26964a134"},
    {"W14",
     R"({"type":"CLIENT_OP","payload":{"id":"5","mapName":"m","opType":"PUT","key":"k","record":)"
     R"({"value":1,"timestamp":{"millis":1700000000000,"counter":1,"nodeId":"node-1"}}}})",
     "de0002a474797065a9434c49454e545f4f50a77061796c6f6164de0005a26964a135a76d61704e616d65a16d"
     "a66f7054797065a3505554a36b6579a16ba67265636f7264de0002a576616c756501a974696d657374616d70"
     "de0003a66d696c6c6973cb4278bcfe56800000a7636f756e74657201a66e6f64654964a66e6f64652d31"},
    {"W15", R"({"type":"OP_ACK","payload":{"lastId":"4","achievedLevel":"APPLIED"}})",
     "de0002a474797065a64f505f41434ba77061796c6f6164de0002a66c6173744964a134ad6163686965766564"
     "4c6576656ca74150504c494544"},
    {"W16", R"({"type":"OP_REJECTED","payload":{"opId":"4","reason":"no","code":403}})",
     "de0002a474797065ab4f505f52454a4543544544a77061796c6f6164de0003a46f704964a134a6726561736f"
     "6ea26e6fa4636f6465cd0193"},
    {"W17",
     R"({"type":"SERVER_EVENT","payload":{"mapName":"m","eventType":"PUT","key":"k","record":{"v)"
     R"(alue":1.5,"timestamp":{"millis":1700000000000,"counter":1,"nodeId":"node-1"}}}})",
     "de0002a474797065ac5345525645525f4556454e54a77061796c6f6164de0004a76d61704e616d65a16da965"
     "76656e7454797065a3505554a36b6579a16ba67265636f7264de0002a576616c7565cb3ff8000000000000a9"
     "74696d657374616d70de0003a66d696c6c6973cb4278bcfe56800000a7636f756e74657201a66e6f64654964"
     "a66e6f64652d31"},
    {"W18",
     R"({"type":"SERVER_EVENT","payload":{"mapName":"m","eventType":"REMOVE","key":"k","record":)"
     R"({"value":null,"timestamp":{"millis":1700000000000,"counter":1,"nodeId":"node-1"}}}})",
     "de0002a474797065ac5345525645525f4556454e54a77061796c6f6164de0004a76d61704e616d65a16da965"
     "76656e7454797065a652454d4f5645a36b6579a16ba67265636f7264de0002a576616c7565c0a974696d6573"
     "74616d70de0003a66d696c6c6973cb4278bcfe56800000a7636f756e74657201a66e6f64654964a66e6f6465"
     "2d31"},
    {"W19", R"({"type":"SYNC_INIT","mapName":"m","lastSyncTimestamp":0})",
     "de0003a474797065a953594e435f494e4954a76d61704e616d65a16db16c61737453796e6354696d65737461"
     "6d7000"},
    {"W20",
     R"({"type":"SYNC_RESP_ROOT","payload":{"mapName":"m","rootHash":3157990172,"timestamp":{"mi)"
     R"(llis":1700000000000,"counter":1,"nodeId":"node-1"}}})",
     "de0002a474797065ae53594e435f524553505f524f4f54a77061796c6f6164de0003a76d61704e616d65a16d"
     "a8726f6f7448617368cebc3b1b1ca974696d657374616d70de0003a66d696c6c6973cb4278bcfe56800000a7"
     "636f756e74657201a66e6f64654964a66e6f64652d31"},
    {"W21", R"({"type":"MERKLE_REQ_BUCKET","payload":{"mapName":"m","path":""}})",
     "de0002a474797065b14d45524b4c455f5245515f4255434b4554a77061796c6f6164de0002a76d61704e616d"
     "65a16da470617468a0"},
    {"W22",
     R"({"type":"SYNC_RESP_BUCKETS","payload":{"mapName":"m","path":"","buckets":{"0":4294967295)"
     R"(,"a":1}}})",
     "de0002a474797065b153594e435f524553505f4255434b455453a77061796c6f6164de0003a76d61704e616d"
     "65a16da470617468a0a76275636b657473de0002a130ceffffffffa16101"},
    {"W23",
     R"({"type":"SYNC_RESP_LEAF","payload":{"mapName":"m","path":"4f9","records":[{"key":"hello")"
     R"(,"record":{"value":"w","timestamp":{"millis":1700000000000,"counter":1,"nodeId":"node-1")"
     R"(}}}]}})",
     "de0002a474797065ae53594e435f524553505f4c454146a77061796c6f6164de0003a76d61704e616d65a16d"
     "a470617468a3346639a77265636f72647391de0002a36b6579a568656c6c6fa67265636f7264de0002a57661"
     "6c7565a177a974696d657374616d70de0003a66d696c6c6973cb4278bcfe56800000a7636f756e74657201a6"
     "6e6f64654964a66e6f64652d31"},
    {"W24",
     R"({"type":"ORMAP_SYNC_INIT","mapName":"o","rootHash":0,"bucketHashes":{},"lastSyncTimestam)"
     R"(p":0,"claimedEpoch":0})",
     "de0006a474797065af4f524d41505f53594e435f494e4954a76d61704e616d65a16fa8726f6f744861736800"
     "ac6275636b6574486173686573de0000b16c61737453796e6354696d657374616d7000ac636c61696d656445"
     "706f636800"},
    {"W25",
     R"({"type":"ORMAP_SYNC_RESP_ROOT","payload":{"mapName":"o","rootHash":1,"timestamp":{"milli)"
     R"(s":1700000000000,"counter":1,"nodeId":"node-1"},"coveringEpoch":7}})",
     "de0002a474797065b44f524d41505f53594e435f524553505f524f4f54a77061796c6f6164de0004a76d6170"
     "4e616d65a16fa8726f6f744861736801a974696d657374616d70de0003a66d696c6c6973cb4278bcfe568000"
     "00a7636f756e74657201a66e6f64654964a66e6f64652d31ad636f766572696e6745706f636807"},
    {"W26",
     R"({"type":"ORMAP_SYNC_RESP_LEAF","payload":{"mapName":"o","path":"4f9","entries":[{"key":")"
     R"(hello","records":[{"value":"x","timestamp":{"millis":1700000000000,"counter":1,"nodeId":)"
     R"("node-1"},"tag":"1700000000000:1:node-1"}],"tombstones":["1:0:n"]}]}})",
     "de0002a474797065b44f524d41505f53594e435f524553505f4c454146a77061796c6f6164de0003a76d6170"
     "4e616d65a16fa470617468a3346639a7656e747269657391de0003a36b6579a568656c6c6fa77265636f7264"
     "7391de0003a576616c7565a178a974696d657374616d70de0003a66d696c6c6973cb4278bcfe56800000a763"
     "6f756e74657201a66e6f64654964a66e6f64652d31a3746167b6313730303030303030303030303a313a6e6f"
     "64652d31aa746f6d6273746f6e657391a5313a303a6e"},
    {"W27", R"({"type":"CLIENT_APPLY_ACK","cursor":7})",
     "de0002a474797065b0434c49454e545f4150504c595f41434ba6637572736f7207"},
    {"W28",
     R"({"type":"QUERY_SUB","payload":{"queryId":"q1","mapName":"m","query":{"where":{"a":1},"so)"
     R"(rt":[{"field":"a","direction":"asc"}],"limit":10}}})",
     "de0002a474797065a951554552595f535542a77061796c6f6164de0003a771756572794964a27131a76d6170"
     "4e616d65a16da57175657279de0003a57768657265de0001a16101a4736f727491de0002a56669656c64a161"
     "a9646972656374696f6ea3617363a56c696d69740a"},
    {"W29",
     R"({"type":"QUERY_RESP","payload":{"queryId":"q1","results":[{"key":"k","value":{"a":1}}],")"
     R"(hasMore":false,"cursorStatus":"none"}})",
     "de0002a474797065aa51554552595f52455350a77061796c6f6164de0004a771756572794964a27131a77265"
     "73756c747391de0002a36b6579a16ba576616c7565de0001a16101a76861734d6f7265c2ac637572736f7253"
     "7461747573a46e6f6e65"},
    {"W30",
     R"({"type":"QUERY_UPDATE","payload":{"queryId":"q1","key":"k","value":null,"changeType":"LE)"
     R"(AVE"}})",
     "de0002a474797065ac51554552595f555044415445a77061796c6f6164de0004a771756572794964a27131a3"
     "6b6579a16ba576616c7565c0aa6368616e676554797065a54c45415645"},
    {"W31", R"({"type":"SQL_QUERY","payload":{"sql":"SELECT 1","queryId":"s1"}})",
     "de0002a474797065a953514c5f5155455259a77061796c6f6164de0002a373716ca853454c4543542031a771"
     "756572794964a27331"},
    {"W32",
     R"({"type":"SQL_QUERY_RESP","payload":{"queryId":"s1","columns":["a"],"rows":[[1],[null]]}})",
     "de0002a474797065ae53514c5f51554552595f52455350a77061796c6f6164de0003a771756572794964a273"
     "31a7636f6c756d6e7391a161a4726f777392910191c0"},
    {"W33",
     R"({"type":"SEARCH","payload":{"requestId":"r1","mapName":"m","query":"foo","options":{"lim)"
     R"(it":5}}})",
     "de0002a474797065a6534541524348a77061796c6f6164de0004a9726571756573744964a27231a76d61704e"
     "616d65a16da57175657279a3666f6fa76f7074696f6e73de0001a56c696d697405"},
    {"W34",
     R"({"type":"COUNTER_SYNC","payload":{"name":"c","state":{"positive":{"node-1":3},"negative")"
     R"(:{}}}})",
     "de0002a474797065ac434f554e5445525f53594e43a77061796c6f6164de0002a46e616d65a163a573746174"
     "65de0002a8706f736974697665de0001a66e6f64652d3103a86e65676174697665de0000"},
    {"W35",
     R"({"type":"COUNTER_UPDATE","payload":{"name":"c","state":{"p":{"node-1":3},"n":{},"positiv)"
     R"(e":{"node-1":3},"negative":{}}}})",
     "de0002a474797065ae434f554e5445525f555044415445a77061796c6f6164de0002a46e616d65a163a57374"
     "617465de0004a170de0001a66e6f64652d3103a16ede0000a8706f736974697665de0001a66e6f64652d3103"
     "a86e65676174697665de0000"},
    {"W36", R"({"type":"LOCK_REQUEST","payload":{"requestId":"r1","name":"l","ttl":10000}})",
     "de0002a474797065ac4c4f434b5f52455155455354a77061796c6f6164de0003a9726571756573744964a272"
     "31a46e616d65a16ca374746ccd2710"},
    {"W37", R"({"type":"LOCK_GRANTED","payload":{"requestId":"r1","name":"l","fencingToken":1}})",
     "de0002a474797065ac4c4f434b5f4752414e544544a77061796c6f6164de0003a9726571756573744964a272"
     "31a46e616d65a16cac66656e63696e67546f6b656e01"},
    {"W38", R"({"type":"TOPIC_PUB","payload":{"topic":"t","data":{"a":[1,"b"]}}})",
     "de0002a474797065a9544f5049435f505542a77061796c6f6164de0002a5746f706963a174a464617461de00"
     "01a1619201a162"},
    {"W39",
     R"({"type":"TOPIC_MESSAGE","payload":{"topic":"t","data":"x","timestamp":1700000000000}})",
     "de0002a474797065ad544f5049435f4d455353414745a77061796c6f6164de0003a5746f706963a174a46461"
     "7461a178a974696d657374616d70cb4278bcfe56800000"},
    {"W40",
     R"({"type":"VECTOR_SEARCH","payload":{"id":"v1","mapName":"m","queryVector":{"type":"Buffer)"
     R"(","data":[0,0,128,63]},"k":2}})",
     "de0002a474797065ad564543544f525f534541524348a77061796c6f6164de0004a26964a27631a76d61704e"
     "616d65a16dab7175657279566563746f72de0004a13000a13100a132cc80a1333fa16b02"},
    {"W41", R"({"type":"ERROR","payload":{"code":429,"message":"slow down"}})",
     "de0002a474797065a54552524f52a77061796c6f6164de0002a4636f6465cd01ada76d657373616765a9736c"
     "6f7720646f776e"},
    {"W42", R"({"type":"PARTITION_MAP_REQUEST"})",
     "de0001a474797065b5504152544954494f4e5f4d41505f52455155455354"},
    {"W43", R"({"type":"SERVER_BATCH_EVENT","payload":{"events":[]}})",
     "de0002a474797065b25345525645525f42415443485f4556454e54a77061796c6f6164de0001a66576656e74"
     "7390"},
    {"W44", R"({"type":"SYNC_RESET_REQUIRED","payload":{"mapName":"m","reason":"r"}})",
     "de0002a474797065b353594e435f52455345545f5245515549524544a77061796c6f6164de0002a76d61704e"
     "616d65a16da6726561736f6ea172"},
    {"W45",
     R"({"type":"GC_PRUNE","payload":{"olderThan":{"millis":1700000000000,"counter":1,"nodeId":")"
     R"(node-1"}}})",
     "de0002a474797065a847435f5052554e45a77061796c6f6164de0001a96f6c6465725468616ede0003a66d69"
     "6c6c6973cb4278bcfe56800000a7636f756e74657201a66e6f64654964a66e6f64652d31"},
    {"HTTP_SYNC_REQUEST W46",
     R"({"clientId":"c1","clientHlc":{"millis":1700000000000,"counter":1,"nodeId":"node-1"},"ope)"
     R"(rations":[{"mapName":"m","opType":"PUT","key":"k","record":{"value":1,"timestamp":{"mill)"
     R"(is":1700000000000,"counter":1,"nodeId":"node-1"}},"timestamp":{"millis":1700000000000,"c)"
     R"(ounter":1,"nodeId":"node-1"},"synced":false,"id":"1"}],"syncMaps":[{"mapName":"m","lastS)"
     R"(yncTimestamp":{"millis":0,"counter":0,"nodeId":""}}]})",
     "de0004a8636c69656e744964a26331a9636c69656e74486c63de0003a66d696c6c6973cb4278bcfe56800000"
     "a7636f756e74657201a66e6f64654964a66e6f64652d31aa6f7065726174696f6e7391de0007a76d61704e61"
     "6d65a16da66f7054797065a3505554a36b6579a16ba67265636f7264de0002a576616c756501a974696d6573"
     "74616d70de0003a66d696c6c6973cb4278bcfe56800000a7636f756e74657201a66e6f64654964a66e6f6465"
     "2d31a974696d657374616d70de0003a66d696c6c6973cb4278bcfe56800000a7636f756e74657201a66e6f64"
     "654964a66e6f64652d31a673796e636564c2a26964a131a873796e634d61707391de0002a76d61704e616d65"
     "a16db16c61737453796e6354696d657374616d70de0003a66d696c6c697300a7636f756e74657200a66e6f64"
     "654964a0"},
    {"HTTP_SYNC_RESPONSE W47",
     R"({"serverHlc":{"millis":1700000000000,"counter":1,"nodeId":"node-1"},"ack":{"lastId":"1"})"
     R"(,"deltas":[{"mapName":"m","records":[{"key":"k","record":{"value":null,"timestamp":{"mil)"
     R"(lis":1700000000000,"counter":1,"nodeId":"node-1"}},"eventType":"REMOVE"}],"serverSyncTim)"
     R"(estamp":{"millis":1700000000000,"counter":1,"nodeId":"node-1"}}]})",
     "de0003a9736572766572486c63de0003a66d696c6c6973cb4278bcfe56800000a7636f756e74657201a66e6f"
     "64654964a66e6f64652d31a361636bde0001a66c6173744964a131a664656c74617391de0003a76d61704e61"
     "6d65a16da77265636f72647391de0003a36b6579a16ba67265636f7264de0002a576616c7565c0a974696d65"
     "7374616d70de0003a66d696c6c6973cb4278bcfe56800000a7636f756e74657201a66e6f64654964a66e6f64"
     "652d31a96576656e7454797065a652454d4f5645b373657276657253796e6354696d657374616d70de0003a6"
     "6d696c6c6973cb4278bcfe56800000a7636f756e74657201a66e6f64654964a66e6f64652d31"},
    {"W48",
     R"({"type":"ORMAP_PUSH_DIFF","payload":{"mapName":"o","entries":[{"key":"hello","records":[)"
     R"({"value":"x","timestamp":{"millis":1700000000000,"counter":1,"nodeId":"node-1"},"tag":"1)"
     R"(700000000000:1:node-1"}],"tombstones":["1:0:n"]}]}})",
     "de0002a474797065af4f524d41505f505553485f44494646a77061796c6f6164de0002a76d61704e616d65a1"
     "6fa7656e747269657391de0003a36b6579a568656c6c6fa77265636f72647391de0003a576616c7565a178a9"
     "74696d657374616d70de0003a66d696c6c6973cb4278bcfe56800000a7636f756e74657201a66e6f64654964"
     "a66e6f64652d31a3746167b6313730303030303030303030303a313a6e6f64652d31aa746f6d6273746f6e65"
     "7391a5313a303a6e"},
    {"W49",
     R"({"type":"HYBRID_SEARCH","payload":{"requestId":"r1","mapName":"m","queryText":"foo","met)"
     R"(hods":["fullText"],"k":10}})",
     "de0002a474797065ad4859425249445f534541524348a77061796c6f6164de0005a9726571756573744964a2"
     "7231a76d61704e616d65a16da9717565727954657874a3666f6fa76d6574686f647391a866756c6c54657874"
     "a16b0a"},
    {"W50",
     R"({"type":"JOURNAL_EVENT","event":{"sequence":"1","type":"PUT","mapName":"m","key":"k","va)"
     R"(lue":1,"timestamp":{"millis":1700000000000,"counter":1,"nodeId":"node-1"},"nodeId":"node)"
     R"(-1"}})",
     "de0002a474797065ad4a4f55524e414c5f4556454e54a56576656e74de0007a873657175656e6365a131a474"
     "797065a3505554a76d61704e616d65a16da36b6579a16ba576616c756501a974696d657374616d70de0003a6"
     "6d696c6c6973cb4278bcfe56800000a7636f756e74657201a66e6f64654964a66e6f64652d31a66e6f646549"
     "64a66e6f64652d31"},
    {"B1",
     R"({"type":"BATCH","count":2,"data":{"type":"Buffer","data":[2,0,0,0,22,0,0,0,222,0,1,164,1)"
     R"(16,121,112,101,173,65,85,84,72,95,82,69,81,85,73,82,69,68,19,0,0,0,222,0,1,164,116,121,1)"
     R"(12,101,170,68,69,86,73,67,69,95,65,67,75]}})",
     "de0003a474797065a54241544348a5636f756e7402a464617461c4350200000016000000de0001a474797065"
     "ad415554485f524551554952454413000000de0001a474797065aa4445564943455f41434b"},
    {"B2",
     R"({"type":"BATCH","count":2,"data":{"type":"Buffer","data":[0,0,0,22,222,0,1,164,116,121,1)"
     R"(12,101,173,65,85,84,72,95,82,69,81,85,73,82,69,68,0,0,0,19,222,0,1,164,116,121,112,101,1)"
     R"(70,68,69,86,73,67,69,95,65,67,75]}})",
     "de0003a474797065a54241544348a5636f756e7402a464617461c43100000016de0001a474797065ad415554"
     "485f524551554952454400000013de0001a474797065aa4445564943455f41434b"},
    {"R1",
     R"({"type":"SYNC_RESP_ROOT","payload":{"mapName":"m","rootHash":1,"timestamp":{"millis":170)"
     R"(0000000000,"counter":1,"nodeId":"node-1"}}})",
     "82a474797065ae53594e435f524553505f524f4f54a77061796c6f616483a76d61704e616d65a16da8726f6f"
     "744861736801a974696d657374616d7083a66d696c6c6973cf0000018bcfe56800a7636f756e74657201a66e"
     "6f64654964a66e6f64652d31"},
    {"R2", R"({"type":"OP_ACK","payload":{"lastId":"4","achievedLevel":"APPLIED"}})",
     "82a474797065a64f505f41434ba77061796c6f616482a66c6173744964a134ad61636869657665644c657665"
     "6ca74150504c494544"},
    {"R3",
     R"({"type":"SYNC_RESP_LEAF","payload":{"mapName":"m","path":"4f9","records":[{"key":"hello")"
     R"(,"record":{"value":"w","timestamp":{"millis":1700000000000,"counter":1,"nodeId":"node-1")"
     R"(},"ttlMs":null}}]}})",
     "82a474797065ae53594e435f524553505f4c454146a77061796c6f616483a76d61704e616d65a16da4706174"
     "68a3346639a77265636f7264739182a36b6579a568656c6c6fa67265636f726483a576616c7565a177a97469"
     "6d657374616d7083a66d696c6c6973cf0000018bcfe56800a7636f756e74657201a66e6f64654964a66e6f64"
     "652d31a574746c4d73c0"},
    {"R4", R"({"type":"PONG","timestamp":1700000000000,"serverTime":1700000000005})",
     "83a474797065a4504f4e47a974696d657374616d70cf0000018bcfe56800aa73657276657254696d65cf0000"
     "018bcfe56805"},
    {"R5",
     R"({"type":"COUNTER_RESPONSE","payload":{"name":"c","state":{"p":{"node-1":3.0},"n":{}}}})",
     "82a474797065b0434f554e5445525f524553504f4e5345a77061796c6f616482a46e616d65a163a573746174"
     "6582a17081a66e6f64652d31cb4008000000000000a16e80"},
};

}  // namespace topgun::test
