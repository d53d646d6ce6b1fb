// SPDX-License-Identifier: Apache-2.0
// Needs: mosquitto
// MQTT through a mosquitto of our own, QoS 0 on both sides, over TCP on the loopback.
#include "common/mosquitto.hpp"

class MosquittoQos0 : public MosquittoLink {
 public:
  explicit MosquittoQos0(const busmark_options& options) : MosquittoLink(options, 0) {}
};

BUSMARK_FRAME_PLUGIN(MosquittoQos0, "mosquitto-qos0", "MQTT by mosquitto, QoS 0", 0,
                     BUSMARK_OWN_THREADS);
