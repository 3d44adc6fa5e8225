// One composed operation drives the engine until its goal is met. The goal looks at the engine and
// says what is needed next; moving octets is the same for all.
#pragma once

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/post.hpp>

#include <nautilus/asio/detail/core.hpp>

namespace nautilus::inline v0::net::detail {

/// What a goal wants before it is asked again.
enum class Want : std::uint8_t {
  Input,   ///< more octets from the peer
  Answer,  ///< somebody to answer the open request
  Flush,   ///< everything the engine has to say written; then the outcome stands
  Done,    ///< nothing: the outcome stands
};

struct Outcome {
  boost::system::error_code error;
  std::size_t size = 0;
};

/// `Sized`: whether the handler takes a size beside the error.
template <class NextLayer, class Goal, bool Sized>
class Op {
 public:
  Op(Core<NextLayer>& core, Goal goal) : core_(&core), goal_(std::move(goal)) {}

  template <class Self>
  void operator()(Self& self, boost::system::error_code ec = {}, std::size_t size = 0) {
    switch (std::exchange(pending_, Pending::Turn)) {
      case Pending::None:
        // async_compose honours terminal only, unless told otherwise.
        if constexpr (Goal::kRepeatable) {
          self.reset_cancellation_state(boost::asio::enable_total_cancellation());
        } else {
          self.reset_cancellation_state(boost::asio::enable_partial_cancellation());
        }
        break;
      case Pending::Turn:
        break;
      case Pending::Read:
        core_->end_read(ec, size);
        break;
      case Pending::Write:
        core_->end_write(ec, size);
        break;
      case Pending::Post:
        return complete(self, outcome_);
    }
    proceed(self);
  }

 private:
  enum class Pending : std::uint8_t { None, Read, Write, Turn, Post };

  template <class Self>
  void proceed(Self& self) {
    const Want want = goal_(*core_, outcome_);
    // Whatever the engine produced goes out first, if nobody else is writing.
    if (core_->output_waiting() && !core_->writing && !core_->write_error) {
      if (cancelled(self)) return finish(self, want == Want::Done ? outcome_ : aborted());
      started_ = true;
      pending_ = Pending::Write;
      return core_->next.async_write_some(core_->begin_write(), std::move(self));
    }
    switch (want) {
      case Want::Done:
        return finish(self, outcome_);
      case Want::Flush:
        // The goal's own error says more than a transport that broke while it was reported.
        if (core_->write_error && !outcome_.error) outcome_.error = core_->write_error;
        if (core_->write_error || (!core_->output_waiting() && !core_->writing)) {
          return finish(self, outcome_);
        }
        if (cancelled(self)) return finish(self, aborted());
        return wait(self, core_->write_turn);
      case Want::Answer:
        if (cancelled(self)) return finish(self, aborted());
        return wait(self, core_->answer_turn);
      case Want::Input:
        if (core_->read_error) return finish(self, {core_->read_error, outcome_.size});
        if (core_->cannot_go_on()) return finish(self, {core_->write_error, outcome_.size});
        if (cancelled(self)) return finish(self, aborted());
        if (core_->reading) return wait(self, core_->read_turn);
        started_ = true;
        pending_ = Pending::Read;
        return core_->next.async_read_some(core_->begin_read(), std::move(self));
    }
  }

  /// Asked before each wait rather than when one is aborted: the request may have come while a
  /// completion was already queued.
  template <class Self>
  static bool cancelled(Self& self) {
    return self.get_cancellation_state().cancelled() != boost::asio::cancellation_type::none;
  }

  /// What was accepted stays accepted, and a failure says more than its being cut short.
  [[nodiscard]] Outcome aborted() const {
    if (outcome_.error) return outcome_;
    return {boost::asio::error::operation_aborted, outcome_.size};
  }

  template <class Self>
  void wait(Self& self, boost::asio::steady_timer& turn) {
    started_ = true;
    pending_ = Pending::Turn;
    turn.async_wait(std::move(self));
  }

  /// Never completes inside the initiating function.
  template <class Self>
  void finish(Self& self, Outcome outcome) {
    if (started_) return complete(self, outcome);
    outcome_ = outcome;
    started_ = true;
    pending_ = Pending::Post;
    boost::asio::post(core_->next.get_executor(), std::move(self));
  }

  template <class Self>
  static void complete(Self& self, const Outcome& outcome) {
    if constexpr (Sized) {
      self.complete(outcome.error, outcome.size);
    } else {
      self.complete(outcome.error);
    }
  }

  Core<NextLayer>* core_;
  Goal goal_;
  Outcome outcome_;
  Pending pending_ = Pending::None;
  bool started_ = false;
};

}  // namespace nautilus::inline v0::net::detail
