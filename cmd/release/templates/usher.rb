class Usher < Formula
  desc "Keeps Power Automate and Microsoft 365 licenses as a repository says"
  homepage "https://github.com/usher-cli/usher"
  url "{{url "source.tar.gz"}}"
  sha256 "{{sum "source.tar.gz"}}"
  license "Apache-2.0"

  depends_on "go" => :build

  def install
    system "go", "build", "-trimpath", *std_go_args(ldflags: "-s -w"), "./cmd/usher"
    generate_completions_from_executable(bin/"usher", "completion")
    system bin/"usher", "man", "man"
    man1.install Dir["man/*.1"]
  end

  test do
    assert_match "usher v{{.Version}}", shell_output("#{bin}/usher version")
  end
end
