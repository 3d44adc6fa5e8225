#include "load/crowd.hpp"

#include <sys/epoll.h>

#include <vector>

namespace load {

Crowd::Crowd(std::uint16_t port, const Configs& configs)
    : poll_(::epoll_create1(EPOLL_CLOEXEC)), port_(port), configs_(&configs) {}

void Crowd::add(Manner manner, bool resume) {
  auto client = std::make_unique<Client>(next_++, port_, manner, *configs_, resume);
  const int fd = client->descriptor();
  if (fd < 0) {
    ++counts_.failed;
    counts_.first_trouble = client->trouble();
    return;
  }
  epoll_event event{EPOLLIN | EPOLLOUT, {.fd = fd}};
  ::epoll_ctl(poll_.get(), EPOLL_CTL_ADD, fd, &event);
  clients_[fd] = Entry{std::move(client)};
  ++present_[static_cast<std::size_t>(manner)];
}

void Crowd::run(int fd) {
  const auto found = clients_.find(fd);
  if (found == clients_.end()) return;
  Entry& entry = found->second;
  const State state = entry.client->run(std::chrono::steady_clock::now());
  if (state != State::Working && state != State::Idle) return finish(fd, state);
  if (state == State::Idle && !entry.idle) ++idle_;
  if (state != State::Idle && entry.idle) --idle_;
  entry.idle = state == State::Idle;
  if (entry.write_watched != entry.client->wants_to_write()) {
    entry.write_watched = !entry.write_watched;
    epoll_event event{EPOLLIN | (entry.write_watched ? EPOLLOUT : 0U), {.fd = fd}};
    ::epoll_ctl(poll_.get(), EPOLL_CTL_MOD, fd, &event);
  }
}

void Crowd::finish(int fd, State state) {
  const auto found = clients_.find(fd);
  const Client& client = *found->second.client;
  const Manner manner = client.manner();
  if (state == State::Failed) {
    ++counts_.failed;
    if (counts_.first_trouble.empty()) counts_.first_trouble = client.trouble();
  } else if (state == State::Refused) {
    ++counts_.refused[static_cast<std::size_t>(manner)];
  } else {
    ++(client.resumed() ? counts_.resumed : counts_.full);
  }
  if (found->second.idle) --idle_;
  --present_[static_cast<std::size_t>(manner)];
  clients_.erase(found);
}

void Crowd::step(std::chrono::milliseconds wait) {
  std::array<epoll_event, 256> events;
  const int count =
      ::epoll_wait(poll_.get(), events.data(), events.size(), static_cast<int>(wait.count()));
  for (int i = 0; i < count; ++i) run(events[static_cast<std::size_t>(i)].data.fd);
  // Those that act by the clock have no event of their own.
  const Moment now = std::chrono::steady_clock::now();
  if (now - swept_ < std::chrono::milliseconds(100)) return;
  swept_ = now;
  std::vector<int> slow;
  for (const auto& [fd, entry] : clients_) {
    if (entry.client->manner() == Manner::Loris) slow.push_back(fd);
  }
  for (const int fd : slow) run(fd);
}

void Crowd::dismiss() {
  std::vector<int> all;
  for (const auto& [fd, entry] : clients_) {
    entry.client->leave();
    all.push_back(fd);
  }
  for (const int fd : all) run(fd);
}

}  // namespace load
