// SPDX-License-Identifier: GPL-2.0-only
/*
 * ns3_dumbbell FLOWS RATE_MBIT RTT_MS SECONDS WALL_SECONDS - bulk TCP flows over one drop-tail bottleneck in ns-3: the yardstick of
 * sim_speed.sh. It ends after SECONDS of the network's time or WALL_SECONDS of the machine's, and prints the data packets delivered,
 * the wall-clock seconds of Simulator::Run() alone and the network's seconds.
 *
 * Reno with SACK, timestamps, delayed ACKs, an initial window of 10 and a least RTO of 200 ms, as on the other side. ns-3 looks through its
 * routes and endpoints one by one: the flows are spread over so many pairs of hosts that neither list is longer than it has to be.
 */
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <ns3/applications-module.h>
#include <ns3/core-module.h>
#include <ns3/internet-module.h>
#include <ns3/network-module.h>
#include <ns3/point-to-point-module.h>
#include <ns3/traffic-control-module.h>

using namespace ns3;
using Clock = std::chrono::steady_clock;

namespace {

constexpr unsigned kPayload = 1448; /* bytes: MTU 1500 with the timestamp option */
constexpr unsigned kFrame = 1514;
constexpr unsigned kMostPairs = 250; /* a /24 of its own each */

double wall_since(Clock::time_point start)
{
	return std::chrono::duration<double>(Clock::now() - start).count();
}

void configure_tcp(double bdp_bytes, unsigned flows)
{
	/* above every window there will be, yet no larger: each sender fills it at the start, which takes its time, too */
	const auto buffer = UintegerValue(static_cast<uint64_t>(4 * bdp_bytes / flows + 131072));

	Config::SetDefault("ns3::TcpL4Protocol::SocketType", TypeIdValue(TcpLinuxReno::GetTypeId()));
	Config::SetDefault("ns3::TcpSocket::SegmentSize", UintegerValue(kPayload));
	Config::SetDefault("ns3::TcpSocket::InitialCwnd", UintegerValue(10));
	Config::SetDefault("ns3::TcpSocket::SndBufSize", buffer);
	Config::SetDefault("ns3::TcpSocket::RcvBufSize", buffer);
	Config::SetDefault("ns3::TcpSocketBase::MinRto", TimeValue(MilliSeconds(200)));
}

NetDeviceContainer connect(Ptr<Node> a, Ptr<Node> b, double mbit, double delay_ms, uint64_t queue_pkts)
{
	PointToPointHelper link;

	link.SetDeviceAttribute("DataRate", DataRateValue(DataRate(static_cast<uint64_t>(mbit * 1e6))));
	link.SetChannelAttribute("Delay", TimeValue(NanoSeconds(static_cast<uint64_t>(delay_ms * 1e6))));
	link.SetQueue("ns3::DropTailQueue<Packet>", "MaxSize", StringValue(std::to_string(queue_pkts) + "p"));
	return link.Install(a, b);
}

/* addresses, and no queue discipline above the device's own queue */
Ipv4InterfaceContainer address(const NetDeviceContainer &devices, const std::string &network)
{
	Ipv4AddressHelper helper(network.c_str(), "255.255.255.0");
	TrafficControlHelper disciplines;
	Ipv4InterfaceContainer interfaces = helper.Assign(devices);

	disciplines.Uninstall(devices);
	return interfaces;
}

void route(Ptr<Node> node, const char *network, const char *mask, Ipv4Address via, uint32_t interface)
{
	Ipv4StaticRoutingHelper().GetStaticRouting(node->GetObject<Ipv4>())->AddNetworkRouteTo(network, mask, via, interface);
}

/* A host on a router's side; its address. */
Ipv4Address add_host(Ptr<Node> host, Ptr<Node> router, double mbit, int side, unsigned number)
{
	const auto devices = connect(host, router, mbit, 0, 1000000);
	const auto interfaces = address(devices, "10." + std::to_string(side) + "." + std::to_string(number) + ".0");

	route(host, "0.0.0.0", "0.0.0.0", interfaces.GetAddress(1), 1);
	return interfaces.GetAddress(0);
}

struct Pairs {
	NodeContainer left, right;
	std::vector<Ipv4Address> addresses; /* of the right ones */
};

Pairs make_network(unsigned n_pairs, double mbit, double rtt_ms, uint64_t buffer_pkts)
{
	NodeContainer routers(2);
	Pairs pairs;
	InternetStackHelper stack;
	Ipv4StaticRoutingHelper routing;

	pairs.left.Create(n_pairs);
	pairs.right.Create(n_pairs);
	stack.SetRoutingHelper(routing);
	stack.SetIpv6StackInstall(false);
	stack.Install(NodeContainer(routers, pairs.left, pairs.right));
	const auto bottleneck = connect(routers.Get(0), routers.Get(1), mbit, rtt_ms / 2, buffer_pkts);
	const auto interfaces = address(bottleneck, "10.0.0.0");
	route(routers.Get(0), "10.2.0.0", "255.255.0.0", interfaces.GetAddress(1), 1);
	route(routers.Get(1), "10.1.0.0", "255.255.0.0", interfaces.GetAddress(0), 1);
	for (unsigned i = 0; i < n_pairs; i++) {
		add_host(pairs.left.Get(i), routers.Get(0), 100 * mbit, 1, i);
		pairs.addresses.push_back(add_host(pairs.right.Get(i), routers.Get(1), 100 * mbit, 2, i));
	}
	return pairs;
}

/* Each pair's flows go to one port; what came in is asked of the sinks. */
ApplicationContainer make_flows(const Pairs &pairs, unsigned flows)
{
	const unsigned n = pairs.left.GetN();
	ApplicationContainer sinks;

	for (unsigned i = 0; i < n; i++)
		sinks.Add(PacketSinkHelper("ns3::TcpSocketFactory", InetSocketAddress(Ipv4Address::GetAny(), 5001)).Install(pairs.right.Get(i)));
	for (unsigned i = 0; i < flows; i++) {
		BulkSendHelper bulk("ns3::TcpSocketFactory", InetSocketAddress(pairs.addresses[i % n], 5001));

		bulk.SetAttribute("SendSize", UintegerValue(kPayload));
		bulk.Install(pairs.left.Get(i % n));
	}
	return sinks;
}

struct Limit {
	Clock::time_point start;
	double wall_s;
};

void look_at_clock(const Limit *limit)
{
	if (wall_since(limit->start) >= limit->wall_s)
		Simulator::Stop();
	else
		Simulator::Schedule(MilliSeconds(10), look_at_clock, limit);
}

} // namespace

int main(int argc, char **argv)
{
	if (argc != 6) {
		fputs("usage: ns3_dumbbell FLOWS RATE_MBIT RTT_MS SECONDS WALL_SECONDS\n", stderr);
		return 2;
	}
	const unsigned flows = strtoul(argv[1], nullptr, 10);
	const double mbit = atof(argv[2]), rtt_ms = atof(argv[3]), seconds = atof(argv[4]);
	const double bdp_bytes = mbit * 1e6 / 8 * rtt_ms / 1e3;
	const unsigned n_pairs = std::min<unsigned>(kMostPairs, std::ceil(std::sqrt(flows)));
	Limit limit{Clock::now(), atof(argv[5])};
	uint64_t bytes = 0;

	if (!flows || !(bdp_bytes > 0) || !(seconds > 0)) {
		fputs("ns3_dumbbell: every figure must be above 0\n", stderr);
		return 2;
	}
	configure_tcp(bdp_bytes, flows);
	const Pairs pairs = make_network(n_pairs, mbit, rtt_ms, static_cast<uint64_t>(std::round(bdp_bytes / kFrame)));
	const ApplicationContainer sinks = make_flows(pairs, flows);
	Simulator::Stop(Seconds(seconds));
	Simulator::Schedule(MilliSeconds(10), look_at_clock, &limit);
	limit.start = Clock::now();
	Simulator::Run();
	const double wall_s = wall_since(limit.start);
	for (unsigned i = 0; i < sinks.GetN(); i++)
		bytes += DynamicCast<PacketSink>(sinks.Get(i))->GetTotalRx();
	printf("%llu %.3f %.3f\n", static_cast<unsigned long long>(bytes / kPayload), wall_s, Simulator::Now().GetSeconds());
	Simulator::Destroy();
	return 0;
}
