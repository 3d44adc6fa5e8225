#pragma once

/// Marks a symbol that belongs to the library's public interface. Everything else is compiled with
/// hidden visibility.
#define NAUTILUS_API __attribute__((visibility("default")))
