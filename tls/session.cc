#include "tls/session.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "tls/certificate_view.h"
#include "tls/error_text.h"
#include "tls/wolfssl.h"

namespace dotring::tls {

// Lends the caller's spans to the I/O callbacks for one call, and gives back what is left of them.
class Session::Transfer {
 public:
  Transfer(Session& session, Bytes& input, MutableBytes& output)
      : session_(session), input_(input), output_(output) {
    session.drain(output);
    session.input_ = input;
    session.output_ = output;
  }
  ~Transfer() {
    input_ = std::exchange(session_.input_, {});
    output_ = std::exchange(session_.output_, {});
  }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

 private:
  Session& session_;
  Bytes& input_;
  MutableBytes& output_;
};

Session::Session(const ClientContext& context, const Trust& trust, TicketStore* tickets)
    : trust_(&trust), tickets_(tickets) {
  set_up(context);
  if (state_ != State::Failed) set_up_verification();
  if (state_ != State::Failed && tickets_) offer_ticket();
}

Session::Session(const ServerContext& context) {
  set_up(context);
}

Session::~Session() {
  wolfSSL_free(handle_);
  TicketStore::wipe(offered_ticket_);
  TicketStore::wipe(early_ticket_);
}

void Session::install_callbacks(WOLFSSL_CTX* context) {
  wolfSSL_CTX_SetIORecv(context, receive_callback);
  wolfSSL_CTX_SetIOSend(context, send_callback);
  wolfSSL_CTX_sess_set_new_cb(context, new_session_callback);
}

void Session::set_up(const Context& context) {
  handle_ = wolfSSL_new(context.handle());
  if (!handle_) return fail(FailureKind::NoAgreement, "out of memory");
  wolfSSL_SetIOReadCtx(handle_, this);
  wolfSSL_SetIOWriteCtx(handle_, this);
  if (context.alpn().empty()) return;
  std::string names = context.alpn();
  wolfSSL_UseALPN(handle_, names.data(), static_cast<unsigned int>(names.size()),
                  WOLFSSL_ALPN_CONTINUE_ON_MISMATCH);
}

// Where the chain does not matter (pins alone, opportunistic) wolfSSL must not verify it either: an
// error that a callback overrules would make wolfSSL trust the peer's CA in every session of this
// context from then on.
void Session::set_up_verification() {
  if (auto refusal = trust_->check()) return fail(FailureKind::Untrusted, *refusal);
  const int mode = trust_->needs_chain() ? WOLFSSL_VERIFY_PEER : WOLFSSL_VERIFY_NONE;
  wolfSSL_set_verify(handle_, mode, verify_callback);
  wolfSSL_SetCertCbCtx(handle_, this);
  const std::string name(trust_->host_name());
  if (name.empty() || trust_->name_is_address()) return;  // RFC 6066, 3: no addresses in SNI
  const auto size = static_cast<unsigned short>(std::min<size_t>(name.size(), 255));
  const bool done =
      wolfSSL_UseSNI(handle_, WOLFSSL_SNI_HOST_NAME, name.data(), size) == WOLFSSL_SUCCESS &&
      wolfSSL_check_domain_name(handle_, name.c_str()) == WOLFSSL_SUCCESS;
  if (!done) fail(FailureKind::NoAgreement, "out of memory");
}

void Session::offer_ticket() {
  TicketStore::Ticket ticket = tickets_->take();
  if (ticket.empty()) return;
  const unsigned char* at = ticket.data();
  WOLFSSL_SESSION* session =
      wolfSSL_d2i_SSL_SESSION(nullptr, &at, static_cast<long>(ticket.size()));
  const bool offered = session && wolfSSL_set_session(handle_, session) == WOLFSSL_SUCCESS;
  wolfSSL_SESSION_free(session);
  if (!offered) return TicketStore::wipe(ticket);
  offered_ticket_ = std::move(ticket);
}

// TLS 1.2 gives no new ticket when it resumes (RFC 5077, 3.3), and allows that the old one is used
// again. A TLS 1.3 ticket is never used twice (RFC 8446, C.4); new ones come after the handshake.
void Session::settle_tickets() {
  if (!tickets_) return;
  const bool reusable = resumed_ && wolfSSL_version(handle_) == TLS1_2_VERSION;
  if (!early_ticket_.empty()) {
    tickets_->put(std::exchange(early_ticket_, {}));
  } else if (reusable) {
    tickets_->put(std::exchange(offered_ticket_, {}));
  }
  TicketStore::wipe(offered_ticket_);
}

// The library's session object is reused for the next ticket of the same connection, so a copy is
// kept.
void Session::keep_ticket(WOLFSSL_SESSION* session) {
  if (!tickets_) return;
  TicketStore::Ticket ticket;
  const int size = wolfSSL_i2d_SSL_SESSION(session, nullptr);
  if (size <= 0) return;
  ticket.resize(static_cast<size_t>(size));
  unsigned char* at = ticket.data();
  wolfSSL_i2d_SSL_SESSION(session, &at);
  if (state_ == State::Open) return tickets_->put(std::move(ticket));
  TicketStore::wipe(early_ticket_);
  early_ticket_ = std::move(ticket);
}

bool Session::verify(bool chain_good, const WOLFSSL_X509_STORE_CTX& store) {
  const bool accepted = accept(chain_good, store);
  chain_refused_ = chain_refused_ || !accepted;
  return accepted;
}

// Called for each certificate of the chain, the leaf last. wolfSSL's verdict is never overruled.
bool Session::accept(bool chain_good, const WOLFSSL_X509_STORE_CTX& store) {
  const bool is_leaf = store.error_depth == 0;
  if (!is_leaf || store.totalCerts < 1) return chain_good;
  const Bytes der{store.certs[0].buffer, store.certs[0].length};
  const auto leaf = CertificateView::parse(der);
  if (!leaf) {
    complaint_ = "certificate is malformed";
    return false;
  }
  if (!chain_good) {
    complaint_ = " (valid from " + date_text(leaf->not_before) + " to " +
                 date_text(leaf->not_after) + ", for " + leaf->names_text() + ")";
    return false;
  }
  if (auto complaint = trust_->complaint_about(*leaf)) {
    complaint_ = *complaint;
    return false;
  }
  leaf_accepted_ = true;
  return true;
}

void Session::drain(MutableBytes& output) {
  const size_t size = std::min(output.size(), overflow_.size());
  if (size == 0) return;
  std::memcpy(output.data(), overflow_.bytes().data(), size);
  output = output.subspan(size);
  overflow_.consume(size);
}

void Session::handshake(Bytes& input, MutableBytes& output) {
  const Transfer transfer(*this, input, output);
  if (state_ != State::Handshaking || wants_room() || !looks_like_tls(input)) return;
  const int result = trust_ ? wolfSSL_connect(handle_) : wolfSSL_accept(handle_);
  if (result == WOLFSSL_SUCCESS) return finish_handshake();
  fail_from(result);
}

// RFC 8446, 5.1: a content type and a major version of 3. Said here, because a server that speaks
// HTTP on this port is a mistake to be told apart from TLS that cannot be agreed on.
bool Session::looks_like_tls(Bytes input) {
  if (input_seen_ || input.empty()) return true;
  input_seen_ = true;
  const bool good = input[0] >= 20 && input[0] <= 23 && (input.size() < 2 || input[1] == 3);
  if (!good) fail(FailureKind::Protocol, "peer does not speak TLS");
  return good;
}

void Session::finish_handshake() {
  resumed_ = wolfSSL_session_reused(handle_) == 1;
  const bool resumed_ours = resumed_ && !offered_ticket_.empty();
  const bool trusted = !trust_ || trust_->opportunistic || leaf_accepted_ || resumed_ours;
  if (!trusted) return fail(FailureKind::Untrusted, "peer was not verified");
  state_ = State::Open;
  settle_tickets();
}

size_t Session::read(Bytes& input, MutableBytes& output, MutableBytes plaintext) {
  const Transfer transfer(*this, input, output);
  if (state_ != State::Open || wants_room()) return 0;
  // Asking wolfSSL in vain costs more than looking: it formats an error text.
  if (input_.empty() && wolfSSL_pending(handle_) == 0) return 0;
  while (true) {
    const size_t before = input_.size();
    const int result = wolfSSL_read(handle_, plaintext.data(), static_cast<int>(plaintext.size()));
    if (result > 0) return static_cast<size_t>(result);
    fail_from(result);
    // After a ticket or a key update wolfSSL may say that it wants more although there is more.
    const bool goes_on = state_ == State::Open && !input_.empty() && input_.size() < before;
    if (!goes_on) return 0;
  }
}

bool Session::write(Bytes plaintext, MutableBytes& output) {
  Bytes nothing;
  const Transfer transfer(*this, nothing, output);
  if (state_ != State::Open && state_ != State::PeerClosed) return false;
  if (plaintext.empty()) return true;
  const int result = wolfSSL_write(handle_, plaintext.data(), static_cast<int>(plaintext.size()));
  if (result == static_cast<int>(plaintext.size())) return true;
  fail_from(result);
  return false;
}

void Session::close(MutableBytes& output) {
  Bytes nothing;
  const Transfer transfer(*this, nothing, output);
  if (state_ == State::Open || state_ == State::PeerClosed) wolfSSL_shutdown(handle_);
}

// What a result that is no success means.
void Session::fail_from(int result) {
  const int error = wolfSSL_get_error(handle_, result);
  switch (error) {
    case WOLFSSL_ERROR_WANT_READ:
      return;
    case WOLFSSL_ERROR_ZERO_RETURN:
      if (state_ == State::Open) {
        state_ = State::PeerClosed;
        return;
      }
      return fail(FailureKind::NoAgreement, "peer closed during the handshake");
    case OUT_OF_ORDER_E:
      if (state_ != State::Handshaking || offered_ticket_.empty()) break;
      tickets_->clear();  // whoever forgot the key of one has forgotten that of all
      return fail(FailureKind::TicketDeclined, "server declined the ticket");
    default:
      break;
  }
  fail(kind_of(error), failure_text(error));
}

Session::FailureKind Session::kind_of(int error) const {
  if (state_ != State::Handshaking) return FailureKind::Protocol;
  if (chain_refused_) return FailureKind::Untrusted;
  switch (error) {
    case NO_PEER_CERT:
    case NO_PEER_KEY:
    case PEER_KEY_ERROR:
    case VERIFY_CERT_ERROR:
    case VERIFY_SIGN_ERROR:
    case SIG_VERIFY_E:
      return FailureKind::Untrusted;
    case UNKNOWN_RECORD_TYPE:
    case LENGTH_ERROR:
    case BUFFER_ERROR:
    case PARSE_ERROR:
    case DECRYPT_ERROR:
    case VERIFY_MAC_ERROR:
    case UNKNOWN_HANDSHAKE_TYPE:
    case OUT_OF_ORDER_E:
      return FailureKind::Protocol;
    default:
      return FailureKind::NoAgreement;
  }
}

std::string Session::failure_text(int error) {
  WOLFSSL_ALERT_HISTORY history{};
  const bool alerted = error == FATAL_ERROR &&
                       wolfSSL_get_alert_history(handle_, &history) == WOLFSSL_SUCCESS &&
                       history.last_rx.level == alert_fatal;
  if (alerted) return "peer sent the alert " + alert_text(history.last_rx.code);
  if (error == VERIFY_CERT_ERROR && !complaint_.empty()) return complaint_;
  std::string text = error_text(error);
  if (!complaint_.empty() && complaint_[0] == ' ') text += complaint_;
  return text;
}

void Session::fail(FailureKind kind, std::string text) {
  state_ = State::Failed;
  failure_ = {kind, std::move(text)};
  wolfSSL_ERR_clear_error();
}

std::string Session::description() const {
  std::string text = wolfSSL_get_version(handle_);
  const char* cipher = wolfSSL_get_cipher_name(handle_);
  return text + ' ' + (cipher ? cipher : "no cipher");
}

std::string_view Session::alpn() const {
  char* name = nullptr;
  unsigned short size = 0;
  if (wolfSSL_ALPN_GetProtocol(handle_, &name, &size) != WOLFSSL_SUCCESS || !name) return {};
  return {name, size};
}

int Session::receive_callback(WOLFSSL*, char* buffer, int size, void* self) {
  Bytes& input = static_cast<Session*>(self)->input_;
  const size_t taken = std::min(static_cast<size_t>(size), input.size());
  if (taken == 0) return WOLFSSL_CBIO_ERR_WANT_READ;
  std::memcpy(buffer, input.data(), taken);
  input = input.subspan(taken);
  return static_cast<int>(taken);
}

// Never blocks: what does not fit the room is kept. wolfSSL 5.5 fails TLS 1.3 handshakes whose
// output blocks twice.
int Session::send_callback(WOLFSSL*, char* buffer, int size, void* self) {
  auto* session = static_cast<Session*>(self);
  MutableBytes& output = session->output_;
  const Bytes record{reinterpret_cast<const uint8_t*>(buffer), static_cast<size_t>(size)};
  const size_t given = session->wants_room() ? 0 : std::min(record.size(), output.size());
  std::copy_n(record.begin(), given, output.begin());
  output = output.subspan(given);
  session->overflow_.append(record.subspan(given));
  return size;
}

int Session::new_session_callback(WOLFSSL* handle, WOLFSSL_SESSION* session) {
  auto* self = static_cast<Session*>(wolfSSL_GetIOReadCtx(handle));
  if (self && self->trust_) self->keep_ticket(session);
  return 0;  // no reference was kept
}

int Session::verify_callback(int chain_good, WOLFSSL_X509_STORE_CTX* store) {
  return static_cast<Session*>(store->userCtx)->verify(chain_good == 1, *store) ? 1 : 0;
}

}  // namespace dotring::tls
