// SPDX-License-Identifier: Apache-2.0
// Needs: mosquitto
// MQTT through a mosquitto of our own, QoS 1 on both sides, over TCP on the loopback.
#include "common/mosquitto.hpp"

class MosquittoQos1 : public MosquittoLink {
 public:
  explicit MosquittoQos1(const busmark_options& options) : MosquittoLink(options, 1) {}
};

BUSMARK_FRAME_PLUGIN(MosquittoQos1, "mosquitto-qos1", "MQTT by mosquitto, QoS 1", 0,
                     BUSMARK_OWN_THREADS);
