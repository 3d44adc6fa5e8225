// Everything but the Asio stream: configuration, the engine, the blocking stream. No Boost.
#pragma once

#include <nautilus/config.hpp>
#include <nautilus/connection.hpp>
#include <nautilus/net/tcp_stream.hpp>
#include <nautilus/version.hpp>
